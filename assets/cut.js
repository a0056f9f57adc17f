/* A straight cut, drawn on a map by two clicks or a drag: its profile opens on the page Profile. */
(function () {
  const NEAR = 6; // px that a click may stray without being a drag
  const SHAPE = 'http://www.w3.org/2000/svg';
  const KEPT = ['seed', 'norm', 'split', 'samples', 'precision']; // what both pages call by the same name
  const FIRST = 'Click where the cut begins, then where it ends, or drag. Esc leaves.';
  const SECOND = 'Click where the cut ends. Esc leaves.';
  const NONE = 'No map is drawn yet: wait for its first points, then cut.';
  let overlays = [];

  const button = () => document.getElementById('ask-cut');
  const maps = () => [...document.querySelectorAll('.panel:not([hidden]) .figure.contour')].filter((node) => node._fullLayout && node.clientWidth);
  const short = (value) => Number(value.toPrecision(4));

  /* Where a pointer is: in pixels of the figure, and on the plane. */
  function place(node, event) {
    const { xaxis, yaxis } = node._fullLayout;
    const box = node.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    const inside = (axis, pixel) => Math.min(Math.max(pixel - axis._offset, 0), axis._length);
    return { ...at, alpha: short(xaxis.p2d(inside(xaxis, at.x))), beta: short(yaxis.p2d(inside(yaxis, at.y))) };
  }

  function stop() {
    overlays.forEach((overlay) => overlay.remove());
    overlays = [];
    button().setAttribute('aria-pressed', 'false');
  }

  function open(from, to) {
    stop();
    const here = new URLSearchParams(location.search);
    const runs = [...document.querySelectorAll('.panel:not([hidden])')].filter(({ dataset }) => dataset.run && dataset.available).map(({ dataset }) => dataset.run);
    const there = new URLSearchParams({ models: runs.join(','), view: 'cut' });
    KEPT.filter((name) => here.has(name)).forEach((name) => there.set(name, here.get(name)));
    there.set('cut', [from.alpha, from.beta, to.alpha, to.beta].join(','));
    location.assign(`/profile/?${there.toString().replace(/%2C/g, ',')}`);
  }

  function line(drawing, from, to) {
    const [stroke, ...ends] = drawing.children;
    Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y }).forEach(([name, value]) => stroke.setAttribute(name, value));
    [from, to].forEach((end, index) => { ends[index].setAttribute('cx', end.x); ends[index].setAttribute('cy', end.y); });
    drawing.style.visibility = 'visible';
  }

  function cover(node) {
    const drawing = document.createElementNS(SHAPE, 'svg');
    drawing.append(...['line', 'circle', 'circle'].map((name) => document.createElementNS(SHAPE, name)));
    [...drawing.children].slice(1).forEach((end) => end.setAttribute('r', 4));
    const overlay = Object.assign(document.createElement('div'), { className: 'cutter' });
    const words = Object.assign(document.createElement('p'), { className: 'cut-words', textContent: FIRST });
    words.setAttribute('role', 'status');
    overlay.append(drawing, words);
    node.append(overlay);
    let from = null;
    let pressed = null;
    overlay.addEventListener('pointerdown', (event) => {
      event.stopPropagation();
      pressed = place(node, event);
      from = from || pressed;
      words.textContent = SECOND;
      line(drawing, from, pressed);
    });
    overlay.addEventListener('pointermove', (event) => { if (from) line(drawing, from, place(node, event)); });
    overlay.addEventListener('pointerup', (event) => {
      const to = place(node, event);
      if (from && Math.hypot(to.x - from.x, to.y - from.y) > NEAR) open(from, to);
    });
    return overlay;
  }

  function toggle() {
    if (overlays.length) return stop();
    overlays = maps().map(cover);
    if (!overlays.length) window.atlas.say(NONE);
    button().setAttribute('aria-pressed', String(overlays.length > 0));
  }

  document.addEventListener('click', ({ target }) => { if (target.closest('#ask-cut')) toggle(); });
  document.addEventListener('keydown', ({ key }) => { if (key === 'Escape' && overlays.length) stop(); });
})();
