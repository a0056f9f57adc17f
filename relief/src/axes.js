/** Axes, ticks and titles, drawn flat over the picture of a block. */
import { HEIGHT } from './block.js';

const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const STEPS = [1, 2, 2.5, 5, 10];

/** At most `most` round numbers between two ends. */
export function roundNumbers([first, last], most) {
  const raw = (last - first) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * STEPS.find((each) => each * power >= raw * 0.999);
  const start = Math.ceil(first / step - 1e-9);
  return Array.from({ length: Math.floor(last / step + 1e-9) - start + 1 }, (_, i) => (start + i) * step);
}

const written = (number) => String(Number(number.toPrecision(6))).replace('-', '−');
const cornersOf = (width, depth) => [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => [(i * width) / 2, (j * depth) / 2]);

/** A line from a place on the block's edge outwards, and a text at its end. */
function tick(ctx, [x, y], [dx, dy], text, away) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x + 5 * dx, y + 5 * dy);
  ctx.stroke();
  ctx.fillText(text, x + away * dx, y + away * dy);
}

/** Ticks and the title along one of the two nearer edges of the floor. */
function floorAxis(ctx, panel, from, to, middle) {
  const { block: { figure: { scene } }, project, small } = panel;
  const axis = from[0] === to[0] ? 'y' : 'x';
  const { range, title } = scene[`${axis}axis`];
  const [start, end] = [project([...from, 0]), project([...to, 0])];
  const length = Math.hypot(end[0] - start[0], end[1] - start[1]);
  if (length < 40) return;
  let outward = [(start[1] - end[1]) / length, (end[0] - start[0]) / length];
  const centre = [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2];
  if ((centre[0] - middle[0]) * outward[0] + (centre[1] - middle[1]) * outward[1] < 0) outward = outward.map((part) => -part);
  const place = axis === 'x' ? (value) => [panel.block.at(value, 0, 0)[0], from[1], 0] : (value) => [from[0], panel.block.at(0, value, 0)[1], 0];
  const values = roundNumbers(range, small || length < 160 ? 2 : 4);
  for (const value of values) tick(ctx, project(place(value)), outward, written(value), 17);
  const widest = Math.max(...values.map((value) => ctx.measureText(written(value)).width));
  ctx.font = `${small ? 11 : 13}px ${FONT}`;
  along(ctx, title.text, centre, [end[0] - start[0], end[1] - start[1]], outward, 32 + 0.6 * widest * Math.abs(outward[0]));
}

/** A text along an edge, so far outside of it, never upside down; a letter stands upright. */
function along(ctx, text, [x, y], [dx, dy], [right, down], away) {
  const angle = Math.atan(dy / dx);
  ctx.save();
  ctx.translate(x + away * right, y + away * down);
  if (text.length > 1) ctx.rotate(Number.isFinite(angle) ? angle : -Math.PI / 2);
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

/** Ticks and the title along the upright edge that is seen furthest left. */
function upright(ctx, panel, corners) {
  const { block: { figure: { scene: { zaxis }, limits } }, project, small } = panel;
  const [corner] = [...corners].sort((one, other) => project([...one, 0])[0] - project([...other, 0])[0]);
  const foot = project([...corner, 0]);
  const head = project([...corner, HEIGHT]);
  ctx.beginPath();
  ctx.moveTo(foot[0] - 6, foot[1]);
  ctx.lineTo(head[0] - 6, head[1]);
  ctx.stroke();
  ctx.textAlign = 'right';
  const shown = zaxis.tickvals.map((value, place) => ({ text: zaxis.ticktext[place], at: project([...corner, HEIGHT * ((value - limits[0]) / (limits[1] - limits[0]))]) }));
  const within = (x, text) => x - ctx.measureText(text).width - 2; // how far the text may stand away from x, to be seen whole
  shown.forEach(({ text, at: [x, y] }) => tick(ctx, [x - 6, y], [-1, 0], text, Math.min(9, within(x - 6, text))));
  const title = zaxis.title.text;
  if (!title || small) return;
  const widest = Math.max(0, ...shown.map(({ text }) => ctx.measureText(text).width));
  ctx.save();
  ctx.translate(Math.max(12, Math.min(foot[0], head[0]) - 32 - widest), (foot[1] + head[1]) / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = 'center';
  ctx.fillText(title, 0, 0);
  ctx.restore();
}

/** The block's axes. */
export function axes(ctx, panel) {
  const { block: { figure: { width, depth } }, project, theme, small } = panel;
  const corners = cornersOf(width, depth);
  Object.assign(ctx, { font: `${small ? 10 : 12}px ${FONT}`, fillStyle: theme.text, strokeStyle: theme.soft, lineWidth: 1, textAlign: 'center', textBaseline: 'middle' });
  const nearest = corners.map((corner) => project([...corner, 0])[2]).reduce((best, far, place, all) => (far < all[best] ? place : best), 0);
  const middle = project([0, 0, 0]);
  for (const other of [(nearest + 1) % 4, (nearest + 3) % 4]) {
    floorAxis(ctx, panel, corners[nearest], corners[other], middle);
    ctx.font = `${small ? 10 : 12}px ${FONT}`;
  }
  upright(ctx, panel, corners);
}

/** The colours of heights and their ticks, in the upper right corner; nothing where the toolbar has them. */
export function colourBar(ctx, panel) {
  const { block: { figure: { bar, colours, marks } }, width, theme, small } = panel;
  if (!marks.some(({ marker }) => marker && marker.showscale)) return;
  const [x, y, length] = [width - (small ? 52 : 60), 40, small ? 90 : 150];
  const ramp = ctx.createLinearGradient(0, y + length, 0, y);
  colours.forEach((colour, place) => ramp.addColorStop(place / (colours.length - 1), colour));
  Object.assign(ctx, { fillStyle: ramp, textAlign: 'left', textBaseline: 'middle' });
  ctx.fillRect(x, y, 8, length);
  Object.assign(ctx, { fillStyle: theme.text, font: `11px ${FONT}` });
  bar.labels.forEach((label, place) => ctx.fillText(label, x + 13, y + length * (1 - bar.places[place])));
  ctx.textAlign = 'right';
  ctx.fillText(bar.title, width - 12, y - 18);
}
