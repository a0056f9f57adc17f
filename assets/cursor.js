/* One cursor for all figures: a pin at the same point of every plane, and each model's own loss there. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const decoded = new WeakMap(); // a typed array as it came -> its numbers

  function numbers(spec) {
    if (!decoded.has(spec)) {
      const bytes = Uint8Array.from(atob(spec.bdata), (letter) => letter.charCodeAt(0));
      decoded.set(spec, new Float32Array(bytes.buffer));
    }
    return decoded.get(spec);
  }

  /* The index of the nearest point of an axis, however it is spaced; -1 by more than half a step beyond its ends. */
  function nearest(axis, value) {
    const place = axis.reduce((best, at, index) => (Math.abs(at - value) < Math.abs(axis[best] - value) ? index : best), 0);
    const step = Math.abs(axis[Math.max(1, place)] - axis[Math.max(1, place) - 1]);
    const outside = value < axis[0] || value > axis[axis.length - 1];
    return outside && Math.abs(value - axis[place]) > step / 2 ? -1 : place;
  }

  /* The nearest of the places that a surface's own points have in the mesh that it is drawn on. */
  const own = (place, every) => (place < 0 ? -1 : Math.floor(place / every + 0.5) * every);

  /* What a figure shows at a point of its plane: heights as drawn, numbers as computed. */
  function found(node, at) {
    const [sheet] = node.data || [];
    if (!sheet || !sheet.customdata || !sheet.customdata.bdata) return null;
    const [x, y] = [numbers(sheet.x), numbers(sheet.y)];
    const [down, across] = (sheet.meta || { every: [1, 1] }).every;
    const [column, row] = [own(nearest(x, at.x), across), own(nearest(y, at.y), down)];
    if (column < 0 || row < 0) return null;
    const [first, second] = sheet.type === 'surface' ? [column, row] : [row, column]; // see tooltip() in encode.py
    const [, sides, width] = sheet.customdata.shape.split(',').map(Number);
    const start = width * (first * sides + second);
    const [loss, accuracy] = numbers(sheet.customdata).slice(start, start + 2);
    const note = ((sheet.text || [])[first] || [])[second] || '';
    return { row, column, x: x[column], y: y[row], z: numbers((sheet.meta || {}).heights || sheet.z)[row * x.length + column], loss, accuracy, sure: !note, noun: node.layout.meta.noun };
  }

  const transformed = (matrix, [a, b, c, d]) => [0, 1, 2, 3].map((i) => matrix[i] * a + matrix[i + 4] * b + matrix[i + 8] * c + matrix[i + 12] * d);

  /* Pixels of a point on a surface; the scene's own projection, which plotly keeps private. */
  function onSurface(node, { x, y, z }) {
    const scene = node._fullLayout.scene && node._fullLayout.scene._scene;
    const camera = scene && scene.glplot && scene.glplot.cameraParams;
    if (!camera || !scene.dataScale || !scene.container) return null;
    const scaled = [x, y, z].map((value, axis) => value * scene.dataScale[axis]);
    const [px, py, , w] = [camera.model, camera.view, camera.projection].reduce((point, matrix) => transformed(matrix, point), [...scaled, 1]);
    const [box, frame] = [scene.container.getBoundingClientRect(), node.getBoundingClientRect()];
    return { left: box.left - frame.left + box.width * (0.5 + 0.5 * (px / w)), top: box.top - frame.top + box.height * (0.5 - 0.5 * (py / w)) };
  }

  function onMap(node, { x, y }) {
    const { xaxis, yaxis } = node._fullLayout;
    const [left, top] = [xaxis.d2p(x), yaxis.d2p(y)];
    const inside = left >= 0 && left <= xaxis._length && top >= 0 && top <= yaxis._length;
    return inside ? { left: xaxis._offset + left, top: yaxis._offset + top } : null;
  }

  function pinOf(node) {
    const old = node.querySelector(':scope > .pin');
    if (old) return old;
    const pin = Object.assign(document.createElement('div'), { className: 'pin' });
    node.append(pin);
    return pin;
  }

  function mark(node, at) {
    if (node.carved) return node.carved.point(at && Number.isFinite(at.z) ? [at.row, at.column] : null);
    const place = at && Number.isFinite(at.z) && (node.dataset.kind === 'surface' ? onSurface(node, at) : onMap(node, at));
    const pin = pinOf(node);
    pin.hidden = !place;
    if (place) pin.style.transform = `translate(${place.left}px, ${place.top}px)`;
    return undefined;
  }

  const short = (value) => (Number.isFinite(value) ? atlas.number(value) : 'NaN or ∞');

  function tell(panel, at) {
    const reading = panel.querySelector('.reading');
    reading.hidden = !at;
    if (!at) return;
    const accuracy = Number.isNaN(at.accuracy) ? '' : `   accuracy ${atlas.percent(at.accuracy)}`;
    reading.textContent = `α ${short(at.x)}  β ${short(at.y)}   ${at.noun === 'gradient norm' ? at.noun : 'loss'} ${at.sure ? '' : '≈ '}${short(at.loss)}${accuracy}`;
  }

  function show(at) {
    for (const panel of document.querySelectorAll('.panel:not([hidden])')) {
      const drawn = [...panel.querySelectorAll('.figure')].filter((node) => (node._fullLayout || node.carved) && node.clientWidth > 0);
      const each = drawn.map((node) => (at ? found(node, at) : null));
      drawn.forEach((node, index) => mark(node, each[index]));
      tell(panel, each.find(Boolean) || null);
    }
  }

  atlas.pinAt = show;

  /* Called when a figure is first drawn. */
  atlas.point = (node) => {
    node.on('plotly_hover', ({ points: [point] }) => show({ x: Number(point.x), y: Number(point.y) }));
    node.on('plotly_unhover', () => show(null));
    node.on('plotly_relayouting', () => show(null));
  };
})();
