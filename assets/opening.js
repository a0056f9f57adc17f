/* Turns the first picture slowly until somebody touches it, where the browser has a graphics card to draw it with. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SPEED = 5; // degrees a second
  const STEP = 100; // ms of turning at most between two frames, so that nothing leaps after a pause
  const SLOW = 60; // ms between frames, on average over TRIED of them, above which turning would stutter
  const TRIED = 20;
  const RETRY = 500; // ms between two looks whether the picture is there
  const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
  const TOUCHES = ['pointerdown', 'keydown', 'wheel', 'touchstart'];
  let touched = false;

  /* Whether a graphics card draws; a page may say so itself. */
  function fast() {
    const gl = document.createElement('canvas').getContext('webgl');
    const info = gl && gl.getExtension('WEBGL_debug_renderer_info');
    const name = gl ? gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : 'software';
    if (gl) gl.getExtension('WEBGL_lose_context')?.loseContext();
    return !SOFTWARE.test(name);
  }

  atlas.mayTurn = () => !matchMedia('(prefers-reduced-motion: reduce)').matches && (atlas.turns ?? fast());

  const wanted = () => document.getElementById('stage')?.dataset.opening === 'yes' && !atlas.view();

  /* The surfaces of the first picture; none before all of them are finished. */
  function surfaces() {
    const panels = [...document.querySelectorAll('.panel:not([hidden])')];
    const nodes = panels.map((panel) => panel.querySelector('.figure.surface')).filter((node) => (node.carved || node._fullLayout?.scene?._scene) && node.clientWidth);
    return panels.every(({ dataset }) => dataset.state === 'done') && nodes.length === panels.length ? nodes : [];
  }

  const cameraOf = (node) => node._fullLayout.scene._scene.getCamera();
  const viewOf = (node) => (node.carved ? node.carved.view : atlas.viewFrom(node, cameraOf(node)));
  const drawn = (node) => Boolean(node.carved || node._fullLayout) && node.clientWidth > 0;

  function turn(nodes, view) {
    let [before, frames, spent] = [performance.now(), 0, 0];
    requestAnimationFrame(function step(now) {
      const passed = Math.max(0, now - before);
      before = now;
      spent += Math.min(passed, STEP);
      frames += 1;
      if (touched || !wanted() || !nodes.every(drawn)) return;
      if (frames % TRIED === 0 && spent > SLOW * TRIED) return keep(nodes);
      if (frames % TRIED === 0) spent = 0;
      view = { ...view, azimuth: view.azimuth + (SPEED * Math.min(passed, STEP)) / 1000 };
      if (nodes[0].carved) atlas.lookCarved(view);
      else nodes.forEach((node) => atlas.aim(node, atlas.cameraOf(node, view)));
      requestAnimationFrame(step);
    });
  }

  /* Stores the view that the turning came to: assets/cameras.js tells the other figures, and the link. */
  function keep([node]) {
    if (wanted() && node?.carved) atlas.restCarved();
    else if (wanted() && node && node._fullLayout) atlas.place(node, { 'scene.camera': cameraOf(node) });
  }

  function touch({ type, target }) {
    if (touched) return;
    touched = true;
    TOUCHES.forEach((name) => removeEventListener(name, touch, true));
    const onSurface = type !== 'keydown' && target instanceof Element && target.closest('.figure.surface');
    if (turning && !onSurface) keep(surfaces()); // a hand on a surface stores what it comes to
    if (turning && onSurface) addEventListener('pointerup', () => setTimeout(() => keep(surfaces()), RETRY), { once: true });
  }

  let turning = false;

  function begin() {
    const { open, opening } = document.getElementById('stage')?.dataset || {};
    if (touched || (open && opening !== 'yes')) return;
    const nodes = wanted() ? surfaces() : [];
    if (!nodes.length) return setTimeout(begin, RETRY);
    if (!atlas.mayTurn()) return;
    turning = true;
    turn(nodes, viewOf(nodes[0]));
  }

  addEventListener('load', () => {
    if (location.pathname !== '/') return; // other pages open on no picture
    TOUCHES.forEach((name) => addEventListener(name, touch, { capture: true, passive: true }));
    begin();
  });
})();
