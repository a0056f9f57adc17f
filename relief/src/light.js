/** Light that is worked out once for each point of a height field: how much of the sky and of a broad sun it sees. */
import { blurred, sample } from './field.js';

export const SUN = { azimuth: 4.05, elevation: 0.68, penumbra: 0.17 }; // radians
const GROWTH = 1.45; // each step of a ray is so much longer than the one before

/** The share of the sky that is open above each point: in each direction the horizon decides. */
export function openSky(heights, n, m, spacing, { rays = 16, reach = 0.7 } = {}) {
  const open = new Float32Array(n * m);
  const strides = [];
  for (let s = 1; s * spacing < reach; s = Math.max(s + 1, Math.round(s * GROWTH))) strides.push(s);
  for (let ray = 0; ray < rays; ray++) {
    const angle = (2 * Math.PI * (ray + 0.5)) / rays;
    const steps = strides.map((s) => [Math.round(s * Math.cos(angle)), Math.round(s * Math.sin(angle))]);
    const shares = steps.map(([i, j]) => 1 / (Math.hypot(i, j) * spacing));
    for (let r = 0, at = 0; r < m; r++) {
      for (let c = 0; c < n; c++, at++) {
        let horizon = 0;
        for (let s = 0; s < steps.length; s++) {
          const [x, y] = [c + steps[s][0], r + steps[s][1]];
          if (x < 0 || y < 0 || x >= n || y >= m) break;
          horizon = Math.max(horizon, (heights[y * n + x] - heights[at]) * shares[s]);
        }
        open[at] += 1 / (1 + horizon * horizon) / rays; // the cosine of the horizon's height, squared
      }
    }
  }
  return blurred(open, n, m);
}

/** The same on a grid of about 129 points a side, and between its points. */
export function openSkyCoarse(heights, n, m, spacing, wish) {
  const step = Math.max(1, Math.round((Math.max(n, m) - 1) / 128));
  if (step === 1) return openSky(heights, n, m, spacing, wish);
  const [columns, rows] = [Math.floor((n - 1) / step) + 1, Math.floor((m - 1) / step) + 1];
  const few = Float32Array.from({ length: columns * rows }, (_, i) => heights[Math.floor(i / columns) * step * n + (i % columns) * step]);
  const open = openSky(few, columns, rows, spacing * step, wish);
  return Float32Array.from({ length: n * m }, (_, i) => sample(open, columns, rows, (i % n) / step, Math.floor(i / n) / step));
}

/** The share of the sun that each point sees past what stands in its way. */
export function sunlight(heights, n, m, spacing, { azimuth, elevation, penumbra } = SUN) {
  const lit = new Float32Array(n * m);
  const [ux, uy] = [Math.cos(azimuth), Math.sin(azimuth)];
  const top = heights.reduce((most, height) => Math.max(most, height), 0);
  const rise = Math.tan(elevation - penumbra) * spacing; // of the lowest ray in a step
  for (let r = 0, at = 0; r < m; r++) {
    for (let c = 0; c < n; c++, at++) {
      let steepest = -Infinity;
      for (let s = 1; heights[at] + s * rise <= top; s += s < 64 ? 1 : 2) {
        const [x, y] = [c + s * ux, r + s * uy];
        if (x < 0 || y < 0 || x > n - 1 || y > m - 1) break;
        steepest = Math.max(steepest, (sample(heights, n, m, x, y) - heights[at]) / s);
      }
      const share = (elevation + penumbra - Math.atan(steepest / spacing)) / (2 * penumbra);
      const smooth = Math.min(Math.max(share, 0), 1);
      lit[at] = smooth * smooth * (3 - 2 * smooth);
    }
  }
  return blurred(lit, n, m);
}
