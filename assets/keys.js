/* The keyboard: arrows and + − move what is on screen, 1 to 4 select a panel. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const TURN = Math.PI / 36; // of a surface, for each press
  const STRIDE = 0.08; // of a map's width, for each press
  const ZOOM = 1.1;
  const NEAREST = 0.3; // between the eye and what it looks at, in units of the scene
  const FURTHEST = 12;
  const RESTING = 200; // ms without a further press until a view is stored
  const SETTLED = 150; // ms until every other surface has been told of it
  const BUSY = 'input:not([type="checkbox"], [type="radio"], [type="range"], [readonly]), textarea, select, [contenteditable], dialog, [role="menu"], [role="dialog"], [role="listbox"], [aria-expanded="true"]:not([aria-controls="rail"], [aria-controls="controls"])';
  const PRESSED = 'button, a, summary, input, [role="button"], [role="switch"], [role="checkbox"], [role="tab"], [role="option"]'; // by space
  const STEPPED = 'input[type="radio"], input[type="range"], input[readonly], [role="slider"]'; // to which only STEPS belong
  const STEPS = /^(Arrow|Home|End|Page)/;
  const MOVES = {
    ArrowLeft: { right: -1 }, ArrowRight: { right: 1 }, ArrowUp: { up: 1 }, ArrowDown: { up: -1 },
    '+': { nearer: ZOOM }, '=': { nearer: ZOOM }, '-': { nearer: 1 / ZOOM }, '−': { nearer: 1 / ZOOM },
  };
  const COMMANDS = {
    0: () => back(), Home: () => back(), d: () => document.getElementById('scheme').click(), f: () => atlas.present(),
    ' ': () => atlas.play(), ',': () => atlas.step(-1), '.': () => atlas.step(1),
    '?': () => atlas.help(), '/': () => atlas.find(), Escape: () => (atlas.presenting() ? atlas.present(false) : select(null)),
  };

  const between = (low, value, high) => Math.min(Math.max(value, low), high);
  const drawn = (kind) => [...document.querySelectorAll(`.figure.${kind}`)].filter((node) => node._fullLayout && node.data.length && node.clientWidth);
  const surfaces = () => drawn('surface').filter((node) => node._fullLayout.scene);
  const open = () => [...document.querySelectorAll('.panel:not([hidden])')];

  /* A camera gone round the vertical through what it looks at, up or down, nearer or further. */
  function walked({ eye, center, ...rest }, { right, up, nearer }) {
    const [x, y, z] = ['x', 'y', 'z'].map((axis) => eye[axis] - center[axis]);
    const away = Math.hypot(x, y, z);
    const radius = between(Math.min(NEAREST, away), away / nearer, Math.max(FURTHEST, away));
    const round = Math.atan2(y, x) + right * TURN;
    const [lowest, steepest] = atlas.elevations; // beyond, a turntable has no up
    const height = between(lowest, Math.asin(z / away) + up * TURN, steepest);
    const level = radius * Math.cos(height);
    const placed = { x: center.x + level * Math.cos(round), y: center.y + level * Math.sin(round), z: center.z + radius * Math.sin(height) };
    return { eye: placed, center, ...rest };
  }

  /* An axis's range, moved by strides and zoomed about its middle, within what the axis allows. */
  function strode({ range: [from, to], minallowed = -Infinity, maxallowed = Infinity }, strides, nearer) {
    const half = Math.min((to - from) / 2 / nearer, (maxallowed - minallowed) / 2);
    const middle = between(minallowed + half, (from + to) / 2 + strides * STRIDE * (to - from), maxallowed - half);
    return [middle - half, middle + half];
  }

  /* All surfaces at once, live; stored when the keys rest. */
  function walk(nodes, asked) {
    const camera = walked(nodes[0]._fullLayout.scene._scene.getCamera(), asked);
    nodes.forEach((node) => atlas.hold(node, true));
    atlas.turn(nodes[0], camera, nodes);
    walking = true;
    clearTimeout(timer);
    timer = setTimeout(store, RESTING, nodes, camera);
  }

  /* Home; but a walk is stored first, or it would be stored after. */
  const back = () => (walking ? setTimeout(back, SETTLED) : atlas.reset());

  async function store(nodes, camera) {
    const [first] = nodes.filter((node) => node._fullLayout);
    if (first) await atlas.place(first, { 'scene.camera': camera }); // assets/cameras.js tells the others
    setTimeout(() => {
      walking = false;
      nodes.forEach((node) => atlas.hold(node, false));
    }, SETTLED);
  }

  /* The selected panel's map, else the first. */
  function stride(maps, { right, up, nearer }) {
    const node = maps.find((each) => each.closest('[data-selected]')) || maps[0];
    const { xaxis, yaxis } = node._fullLayout;
    return atlas.place(node, { 'xaxis.range': strode(xaxis, right, nearer), 'yaxis.range': strode(yaxis, up, nearer) });
  }

  let wish = null; // what keys asked for since the last frame
  let moving = false;
  let walking = false; // until what is on screen is stored
  let timer = 0;

  function move({ right = 0, up = 0, nearer = 1 }) {
    const before = wish || { right: 0, up: 0, nearer: 1 };
    wish = { right: before.right + right, up: before.up + up, nearer: before.nearer * nearer };
    if (!moving) requestAnimationFrame(act);
    moving = true;
  }

  atlas.move = move; // by a hand: assets/touch.js

  async function act() {
    const [asked, nodes, maps] = [wish, surfaces(), drawn('contour')];
    wish = null;
    if (atlas.carvedNodes().length) atlas.turnCarved(asked);
    else if (nodes.length) walk(nodes, asked);
    else if (maps.length) await stride(maps, asked);
    moving = Boolean(wish);
    if (moving) requestAnimationFrame(act);
  }

  function select(panel) {
    open().forEach((each) => { if (each !== panel) delete each.dataset.selected; });
    if (!panel) return;
    panel.dataset.selected = '';
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: 'nearest' });
  }

  function meaning({ key }) {
    if (key in MOVES) return surfaces().length || atlas.carvedNodes().length || drawn('contour').length ? () => move(MOVES[key]) : null;
    if (/^[1-4]$/.test(key)) return open()[key - 1] && (() => select(open()[key - 1]));
    if ([' ', ',', '.'].includes(key) && !atlas.playing()) return null;
    return COMMANDS[key.length === 1 ? key.toLowerCase() : key];
  }

  document.addEventListener('keydown', (event) => {
    const { ctrlKey, metaKey, altKey, target } = event;
    if (event.defaultPrevented || ctrlKey || metaKey || altKey || target.closest(BUSY)) return;
    if (event.key === ' ' && target.closest(PRESSED)) return;
    if (STEPS.test(event.key) && target.closest(STEPPED)) return;
    const command = meaning(event);
    if (!command) return;
    if (event.key !== 'Escape') event.preventDefault();
    command();
  });
  document.addEventListener('pointerdown', (event) => {
    const panel = event.target.closest('.panel');
    if (!panel || !('selected' in panel.dataset)) select(null);
  });
})();
