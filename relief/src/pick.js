/** What a ray meets: the carved sheet, the lid, or nothing. */
import { sample } from './field.js';
import { HEIGHT } from './block.js';

const SLACK = 1e-3;

/** The height of the block's top at a place on it. */
function top(block, x, y) {
  const [c, r] = [x / block.dx + (block.n - 1) / 2, y / block.dy + (block.m - 1) / 2];
  return sample(block.heights, block.n, block.m, c, r);
}

/** Between which lengths of a ray it is inside the block's box; null where it misses it. */
function inside(block, from, along) {
  const half = [((block.n - 1) * block.dx) / 2, ((block.m - 1) * block.dy) / 2];
  const bounds = [[-half[0], half[0]], [-half[1], half[1]], [0, HEIGHT + 1e-4]];
  let [near, far] = [0, Infinity];
  bounds.forEach(([low, high], axis) => {
    const ends = [(low - from[axis]) / along[axis], (high - from[axis]) / along[axis]];
    near = Math.max(near, Math.min(...ends));
    far = Math.min(far, Math.max(...ends));
  });
  return near < far ? [near, far] : null;
}

/** Where a ray first meets the block from above: [x, y]; null where it meets a wall, or nothing. */
export function meet(block, from, along) {
  const range = inside(block, from, along);
  if (!range) return null;
  const at = (t) => from.map((value, axis) => value + t * along[axis]);
  const above = (t) => { const [x, y, z] = at(t); return z - top(block, x, y); };
  if (above(range[0]) < -SLACK) return null;
  let before = range[0];
  for (let t = range[0]; t <= range[1] + block.dx; t += block.dx / 2) {
    if (above(t) <= 0) {
      let [low, high] = [before, t];
      for (let i = 0; i < 12; i++) { const middle = (low + high) / 2; if (above(middle) > 0) low = middle; else high = middle; }
      return at(high).slice(0, 2);
    }
    before = t;
  }
  return null;
}

/** Whether a point on the block can be seen from an eye. */
export function visible(block, point, eye) {
  const way = eye.map((value, axis) => value - point[axis]);
  const along = way.map((part) => part / Math.hypot(...way));
  const half = [((block.n - 1) * block.dx) / 2, ((block.m - 1) * block.dy) / 2];
  for (let t = block.dx; ; t += block.dx / 2) {
    const [x, y, z] = point.map((value, axis) => value + t * along[axis]);
    if (z > HEIGHT || Math.abs(x) > half[0] || Math.abs(y) > half[1]) return true;
    if (top(block, x, y) > z + SLACK) return false;
  }
}
