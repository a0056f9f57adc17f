/** The stone: three's standard material with the colours of heights, iso-lines, a clean rim and the light of light.js. */
import { DoubleSide, FrontSide, MeshStandardMaterial, ShaderChunk } from 'three';

const VARYING = `
  varying vec4 vBaked; // share of the height, open sky, sun, known or not
  centroid varying float vCut; // the share again, nowhere beyond its triangle
  varying vec2 vPlace; // on the plane, from 0 to 1
`;
const VERTEX = `attribute vec4 baked; uniform float uTop; uniform vec2 uSides; ${VARYING}`;
const FRAGMENT = `${VARYING}
  uniform sampler2D uColours;
  uniform vec3 uInk, uStone, uPale;
  uniform float uLines, uCapped, uPixel;
  uniform vec2 uGrid;

  /* A line wherever a value is whole, as wide in pixels as asked; none where they would run together. */
  float thread(float value, float wide) {
    float slope = max(fwidth(value), 1e-6);
    float away = abs(fract(value + 0.5) - 0.5) / slope;
    return (1.0 - smoothstep(wide - 0.6, wide + 0.6, away)) * (1.0 - smoothstep(0.22, 0.55, slope));
  }
`;
const COLOUR = `
  float share = vBaked.x;
  float edge = max(fwidth(share), 1e-5);
  float margin = min(0.7 * edge, 0.02);
  #ifdef SHEET
    if (uCapped > 0.5 && vCut > 1.0 + margin) discard;
  #endif
  #ifdef LID
    if (vCut < 1.0 - margin) discard;
  #endif
  vec3 tint = uStone;
  float ink = 0.45 * thread(share * uLines / 5.0, 0.8 * uPixel);
  #ifdef SHEET
    tint = texture2D(uColours, vec2(clamp(share, 0.0, 1.0) * 0.996 + 0.002, 0.5)).rgb;
    ink = max(0.6 * thread(share * uLines, 0.55 * uPixel), thread(share * uLines / 5.0, 0.85 * uPixel));
    tint = mix(mix(uPale, tint, 0.35), tint, step(0.5, vBaked.w));
    ink *= step(0.999, vBaked.w);
    ink = max(ink, 0.7 * max(thread(vPlace.x * uGrid.x, 0.5 * uPixel), thread(vPlace.y * uGrid.y, 0.5 * uPixel)) * min(1.0, uGrid.x));
  #endif
  #ifdef WALL
    ink *= 0.5;
  #endif
  #ifdef LID
    ink = 0.0;
  #endif
  tint = mix(tint, mix(uInk, tint * 0.35, 0.5), 0.5 * ink);
  #ifndef WALL
    float rim = uCapped * (1.0 - smoothstep(0.5 * uPixel, 1.4 * uPixel, abs(share - 1.0) / edge));
    tint = mix(tint, uInk, 0.62 * rim);
  #endif
  diffuseColor.rgb = tint;
`;
const SUNLIT = `getDirectionalLightInfo( directionalLight, directLight );
  #if UNROLLED_LOOP_INDEX == 0
    directLight.color *= gl_FrontFacing ? vBaked.z : 1.0;
  #endif
`;
const SKYLIT = `
  float open = gl_FrontFacing ? mix(1.0, vBaked.y, 0.9) : 0.72;
  reflectedLight.indirectDiffuse *= open * open;
  reflectedLight.indirectSpecular *= open;
  reflectedLight.directDiffuse *= mix(1.0, open, 0.55);
`;

/** A material for a part of the block: SHEET, LID or WALL. */
export function stone(part, uniforms) {
  const material = new MeshStandardMaterial({
    roughness: part === 'SHEET' ? 0.5 : 0.85, metalness: 0, side: part === 'WALL' ? FrontSide : DoubleSide,
    polygonOffset: part === 'WALL', polygonOffsetFactor: -1, polygonOffsetUnits: -4,
  });
  material.defines = { ...material.defines, [part]: 1 };
  material.onBeforeCompile = (shader) => {
    Object.assign(shader.uniforms, uniforms);
    const lift = part === 'LID' ? 'transformed.z = uTop;' : '';
    const up = part === 'LID' ? 'objectNormal = vec3(0.0, 0.0, 1.0);' : '';
    shader.vertexShader = shader.vertexShader
      .replace('#include <common>', `#include <common>\n${VERTEX}`)
      .replace('#include <beginnormal_vertex>', `#include <beginnormal_vertex>\n${up}`)
      .replace('#include <begin_vertex>', `#include <begin_vertex>\nvBaked = baked; vCut = baked.x; vPlace = position.xy / uSides + 0.5; ${lift}`);
    const sun = ShaderChunk.lights_fragment_begin.replaceAll('getDirectionalLightInfo( directionalLight, directLight );', SUNLIT);
    shader.fragmentShader = shader.fragmentShader
      .replace('#include <common>', `#include <common>\n${FRAGMENT}`)
      .replace('#include <color_fragment>', COLOUR)
      .replace('#include <lights_fragment_begin>', sun)
      .replace('#include <aomap_fragment>', SKYLIT);
  };
  material.customProgramCacheKey = () => part;
  return material;
}
