/** Turning by the mouse, hovering, and the wheel; fingers are for assets/touch.js. */
import { FIRST } from './lens.js';

const RESTING = 200; // ms after the last movement of a wheel until the view is told
const NEARER = 1.0015; // for each pixel of a wheel

/** Lets a hand turn a panel; one finger, too, where `touch` says so. */
export function hand(panel, { turned, rested, hovered, touch = false }) {
  const { canvas } = panel;
  let timer = 0;
  const now = () => panel.view || FIRST;
  canvas.addEventListener('pointerdown', (event) => {
    if ((event.pointerType === 'touch' && !touch) || event.button) return;
    canvas.setPointerCapture(event.pointerId);
    let last = [event.clientX, event.clientY];
    const both = new AbortController();
    canvas.addEventListener('pointermove', ({ clientX, clientY }) => {
      const degrees = 180 / canvas.clientHeight;
      const view = now();
      turned({ ...view, azimuth: view.azimuth - degrees * (clientX - last[0]), elevation: view.elevation + degrees * (clientY - last[1]) });
      last = [clientX, clientY];
    }, { signal: both.signal });
    ['pointerup', 'pointercancel'].forEach((end) => canvas.addEventListener(end, () => { both.abort(); rested(); }, { signal: both.signal }));
  });
  canvas.addEventListener('pointermove', ({ buttons, offsetX, offsetY }) => { if (!buttons) hovered(panel.pick(offsetX, offsetY)); });
  canvas.addEventListener('pointerleave', () => hovered(null));
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const view = now();
    turned({ ...view, distance: view.distance * NEARER ** event.deltaY });
    clearTimeout(timer);
    timer = setTimeout(rested, RESTING);
  }, { passive: false });
}
