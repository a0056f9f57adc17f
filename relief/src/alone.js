/** Blocks on a saved page: they turn together, slowly by themselves until somebody touches them. */
import { numbers, readFigure } from './figure.js';
import { hand } from './hand.js';
import { FIRST } from './lens.js';
import { Panel } from './stage.js';

const SPEED = 6; // degrees a second
const STEP = 5; // degrees, for each press of an arrow key
const LONGEST = 100; // ms of turning at most between two frames
const SLOW = 80; // ms of a drawing above which turning would stutter
const SMALL = 480; // px below which a block is drawn with fewer words
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const MISSING = 'These surfaces need WebGL 2, which this browser does not have.';

function panelIn(host, scheme) {
  try { return new Panel(host, scheme); } catch (problem) { console.warn(problem); return null; }
}

const between = (low, value, high) => Math.min(Math.max(value, low), high);

/** What was computed at a point of a block's mesh, in words. */
function told({ data: [sheet], layout }, [row, column]) {
  const [, down, width] = sheet.customdata.shape.split(',').map(Number);
  const values = numbers(sheet.customdata).slice(width * (column * down + row));
  const short = (value) => String(Number(value.toPrecision(3)));
  return `α ${short(numbers(sheet.x)[column])}  β ${short(numbers(sheet.y)[row])}   ${layout.meta.noun === 'gradient norm' ? layout.meta.noun : 'loss'} ${short(values[0])}`;
}

/** Shows figures, each in an element of its own; `reading` is told what the mouse is at. */
export function alone(places, reading) {
  let [still, view] = [matchMedia('(prefers-reduced-motion: reduce)').matches, { ...FIRST, ...places[0].view }];
  const panels = [];
  const turned = (next) => {
    view = { ...next, elevation: between(3, next.elevation, 85), distance: between(0.2, next.distance, 6) };
    panels.forEach((panel) => panel.look(view));
  };
  places.forEach(({ host, figure, scheme }) => {
    const panel = panelIn(host, scheme);
    if (!panel) { reading.textContent = MISSING; return; }
    Object.assign(host, { carved: panel, data: figure.data });
    panels.push(panel);
    panel.look(view, false);
    panel.show(readFigure(figure), host.clientWidth < SMALL);
    hand(panel, { turned, rested() {}, touch: true, hovered: (place) => { reading.textContent = place ? told(figure, place) : ''; } });
    host.addEventListener('keydown', (event) => {
      const [right, up] = KEYS[event.key] || [0, 0];
      if (!right && !up) return;
      event.preventDefault();
      turned({ ...view, azimuth: view.azimuth + STEP * right, elevation: view.elevation + STEP * up });
    });
    new ResizeObserver(() => panel.drawSoon()).observe(host);
  });
  ['pointerdown', 'keydown', 'wheel'].forEach((touch) => addEventListener(touch, () => { still = true; }, { capture: true, passive: true }));
  let before = performance.now();
  requestAnimationFrame(function step(now) {
    if (still || panels.some(({ cost }) => cost > SLOW)) return;
    turned({ ...view, azimuth: view.azimuth + (SPEED * between(0, now - before, LONGEST)) / 1000 });
    before = now;
    requestAnimationFrame(step);
  });
}
