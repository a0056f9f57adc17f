/* Keeps the cameras of all surfaces one: live while dragging, stored once at the end. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SETTLING = 60; // ms after mouse-up until the last move has reached the camera

  const sceneOf = (node) => node._fullLayout && node._fullLayout.scene && node._fullLayout.scene._scene;
  const others = (node) => [...document.querySelectorAll('.figure.surface')].filter((other) => other !== node && sceneOf(other));
  let storing = false;

  atlas.quick = (scene) => typeof scene.setViewport === 'function';

  /* Moves a camera without storing it; through the public way where the quick one is missing. */
  atlas.aim = (node, camera) => {
    const { aspectratio, aspectmode } = node._fullLayout.scene;
    const scene = sceneOf(node);
    if (atlas.quick(scene)) scene.setViewport({ camera, aspectratio, aspectmode });
    else window.Plotly.relayout(node, { 'scene.camera': camera });
  };

  /* Moves the cameras of all surfaces to the view that one of them has, or is about to have. */
  atlas.turn = (node, camera, nodes = others(node)) => {
    const view = atlas.viewFrom(node, camera);
    nodes.forEach((each) => atlas.aim(each, atlas.cameraOf(each, view)));
  };

  /* A hand cannot turn a camera below the floor: plotly's turntable has such bounds, and keeps them private. */
  function bound(node) {
    const { angle } = sceneOf(node).camera.view._active || {};
    if (angle && angle.bounds) [angle.bounds[0][1]] = atlas.elevations;
  }

  /* Plotly ends every drawing with half a second in which a camera heeds no hand: the knots of its path lie ahead. */
  function heed(node) {
    const now = performance.now();
    for (const path of Object.values(sceneOf(node).camera.view._active || {})) {
      if (path && path._time) path._time = path._time.map((time) => Math.min(time, now));
    }
  }

  /* And a camera flies on from its last move until the next frame, however late that is. */
  const stop = ({ currentTarget: node }) => sceneOf(node) && sceneOf(node).camera.view.idle(performance.now());

  function dragging(node) {
    let latest = null;
    node.on('plotly_relayouting', (change) => {
      const waiting = latest !== null;
      latest = change['scene.camera'] || latest;
      if (waiting || latest === null) return;
      requestAnimationFrame(() => {
        const camera = latest;
        latest = null;
        atlas.turn(node, camera);
      });
    });
  }

  /* However long two frames take: before one a hand's last moves have not reached the camera. */
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

  const eyeOf = (node) => (sceneOf(node) ? JSON.stringify(sceneOf(node).getCamera()) : '');

  /* Where a camera has come to rest: a hand's last moves reach it frames after the event that tells of their end. */
  async function rested(node) {
    let [before, eye] = ['', eyeOf(node)];
    while (eye !== before) {
      before = eye;
      await frames();
      eye = eyeOf(node);
    }
    return eye;
  }

  /* Stores a figure's camera in it, and the view that it has in all others and in the link. */
  async function together(node, camera) {
    const view = atlas.viewFrom(node, camera);
    await Promise.all([node, ...others(node)].map((each) => atlas.place(each, { 'scene.camera': each === node ? camera : atlas.cameraOf(each, view) })));
    atlas.lookFrom(view);
  }

  async function store(node) {
    if (storing) return;
    storing = true;
    let eye = '';
    do {
      eye = await rested(node);
      if (eye) await together(node, JSON.parse(eye));
    } while (eye !== eyeOf(node));
    storing = false;
  }

  /* While a hand is on a figure it is not redrawn, nor are the surfaces that turn with it: they would jump back. */
  function holding(node) {
    ['mousemove', 'touchmove'].forEach((move) => node.addEventListener(move, stop, { passive: true })); // after Plotly has heard of it
    node.addEventListener('pointerdown', () => {
      const [gesture, both] = [Symbol('hand'), new AbortController()];
      const held = [node, ...(node.dataset.kind === 'surface' ? others(node) : [])];
      held.forEach((each) => atlas.hold(each, true, gesture));
      const eye = eyeOf(node);
      const letGo = () => {
        both.abort();
        if (eyeOf(node) !== eye) setTimeout(store, SETTLING, node); // plotly misses a hand that lets go beyond the figure
        setTimeout(release, 2 * SETTLING);
      };
      const release = () => (storing ? setTimeout(release, SETTLING) : held.forEach((each) => atlas.hold(each, false, gesture)));
      ['pointerup', 'pointercancel'].forEach((end) => addEventListener(end, letGo, { signal: both.signal }));
    }, { capture: true });
  }

  /* Called when a figure is first drawn. */
  atlas.follow = (node) => {
    if (!node.dataset.held) {
      holding(node);
      atlas.tooltips(node);
    }
    node.dataset.held = 'yes';
    if (!['surface', 'contour'].includes(node.dataset.kind)) return;
    atlas.point(node);
    if (node.dataset.kind === 'contour') atlas.explore(node);
    if (node.dataset.kind !== 'surface') return;
    dragging(node);
    atlas.touch(node);
    const ready = () => { heed(node); bound(node); };
    ready();
    node.on('plotly_afterplot', ready);
    node.on('plotly_relayout', (change) => {
      if (change['scene.camera'] && !storing) setTimeout(store, SETTLING, node);
    });
  };

  atlas.reset = async () => {
    atlas.look(null);
    atlas.lookFrom(null);
    atlas.lookCarved(null);
    for (const node of document.querySelectorAll('.figure.surface')) {
      if (!node._fullLayout) continue;
      const figure = await (await fetch(atlas.figureUrl(node))).json();
      delete node.dataset.moved;
      storing = true;
      await window.Plotly.relayout(node, { 'scene.camera': figure.layout.scene.camera });
      storing = false;
    }
  };
})();
