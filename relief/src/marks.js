/** Marks of points on a block: the network, minima, the lowest point, computed points, checkpoints. */
import { numbers } from './figure.js';
import { visible } from './pick.js';

const FAINT = 0.25; // of a mark that the block hides
const MANY = 600; // marks of one trace beyond which none is asked whether it is hidden

const one = (value, place) => (Array.isArray(value) ? value[place] : value);

/** A colour that is a number is that of a scale: such a mark is a ring. */
function circle(ctx, [x, y], { size, fill, edge, width }) {
  ctx.beginPath();
  ctx.arc(x, y, size / 2, 0, 2 * Math.PI);
  if (fill) { ctx.fillStyle = fill; ctx.fill(); }
  if (width) { Object.assign(ctx, { strokeStyle: edge, lineWidth: width }); ctx.stroke(); }
}

/** A trace's marks. */
function markers(ctx, panel, trace) {
  const { marker } = trace;
  const [x, y, z] = ['x', 'y', 'z'].map((axis) => numbers(trace[axis]));
  x.forEach((value, place) => {
    if (!Number.isFinite(value + z[place])) return;
    const point = panel.block.at(value, y[place], z[place]);
    const hidden = x.length <= MANY && !visible(panel.block, point, panel.eye);
    if (!hidden && panel.paths.balls.some((ball) => ball.covers(point))) return;
    const colour = one(marker.color, place);
    ctx.globalAlpha = hidden ? FAINT : 1;
    const line = marker.line || {};
    const ring = typeof colour !== 'string';
    const look = { size: one(marker.size, place) * (ring ? 2 : 1.7), fill: ring ? null : colour, edge: one(line.color, place), width: one(line.width, place) };
    if (ring) circle(ctx, panel.project(point), { ...look, edge: '#14181f', width: 4 });
    circle(ctx, panel.project(point), look);
  });
  ctx.globalAlpha = 1;
}

/** All marks of a figure. */
export function marks(ctx, panel) {
  panel.block.figure.marks.filter(({ mode }) => mode.includes('markers')).forEach((trace) => markers(ctx, panel, trace));
}

/** A ring at the point that a cursor is at. */
export function cursor(ctx, panel, point) {
  const at = panel.project(point);
  circle(ctx, at, { size: 10, edge: '#14181f', width: 4 });
  circle(ctx, at, { size: 10, edge: '#ffffff', width: 1.8 });
}
