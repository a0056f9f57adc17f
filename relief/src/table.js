/** The table that a block stands on: its soft shadow, worked out once on a coarse grid. */
import { DataTexture, LinearFilter, Mesh, PlaneGeometry, RGBAFormat, ShaderMaterial, UnsignedByteType } from 'three';
import { blurred, sample } from './field.js';
import { openSky, sunlight } from './light.js';

const HALF = 2.7; // of the table's side
const SIDE = 131; // points of its grid
const INK = [8, 12, 26];

const VERTEX = 'varying vec2 vAt; void main() { vAt = uv; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }';
const FRAGMENT = 'varying vec2 vAt; uniform sampler2D uShade; void main() { gl_FragColor = texture2D(uShade, vAt); }';

/** A plane under the block with its shadow, which fades towards the table's edge. */
export function table(block, theme) {
  const spacing = (2 * HALF) / (SIDE - 1);
  const [halfWidth, halfDepth] = [((block.n - 1) * block.dx) / 2, ((block.m - 1) * block.dy) / 2];
  const place = (i) => [(i % SIDE) * spacing - HALF, Math.floor(i / SIDE) * spacing - HALF];
  const heights = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = place(i);
    if (Math.abs(x) > halfWidth || Math.abs(y) > halfDepth) return 0;
    return sample(block.heights, block.n, block.m, (x + halfWidth) / block.dx, (y + halfDepth) / block.dy);
  });
  const twice = (values) => blurred(blurred(values, SIDE, SIDE), SIDE, SIDE);
  const sun = twice(sunlight(heights, SIDE, SIDE, spacing));
  const sky = twice(openSky(heights, SIDE, SIDE, spacing, { rays: 20, reach: 1.1 }));
  const pixels = new Uint8Array(4 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = place(i);
    const fade = 1 - Math.min(1, Math.max(0, (Math.hypot(x, y) / HALF - 0.55) / 0.42)) ** 2;
    const beside = Math.hypot(Math.max(Math.abs(x) - halfWidth, 0), Math.max(Math.abs(y) - halfDepth, 0));
    const contact = 1.25 * (1 - sky[i]) + 0.5 * Math.exp(-14 * beside);
    pixels.set([...INK, 255 * Math.min(0.92, fade * (theme.shadow * (1 - sun[i]) + theme.contact * contact))], 4 * i);
  }
  const shade = new DataTexture(pixels, SIDE, SIDE, RGBAFormat, UnsignedByteType);
  Object.assign(shade, { magFilter: LinearFilter, minFilter: LinearFilter, needsUpdate: true });
  const material = new ShaderMaterial({ transparent: true, depthWrite: false, toneMapped: false, uniforms: { uShade: { value: shade } }, vertexShader: VERTEX, fragmentShader: FRAGMENT });
  const plane = new Mesh(new PlaneGeometry(2 * HALF, 2 * HALF), material);
  plane.position.z = -0.006;
  plane.renderOrder = -2;
  return plane;
}
