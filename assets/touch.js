/* On a touch screen one finger scrolls the page, past a surface as past all else; two turn the surface and bring it nearer. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const HALF_TURN = 36; // presses of an arrow key, in a movement across the surface's whole height

  function spread([one, other]) {
    return { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2, gap: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) };
  }

  const known = new WeakSet(); // figure elements that listen already

  /* Called whenever a surface is drawn anew; plotly, which would turn it by one finger, hears of no touch. */
  atlas.touch = (node) => {
    if (known.has(node)) return;
    known.add(node);
    let before = null;
    const touched = (event) => {
      event.stopPropagation();
      if (event.touches.length !== 2) { before = null; return; }
      event.preventDefault();
      const now = spread(event.touches);
      const by = HALF_TURN / node.clientHeight;
      if (before) atlas.move({ right: by * (before.x - now.x), up: by * (now.y - before.y), nearer: now.gap / Math.max(1, before.gap) });
      before = now;
    };
    ['touchstart', 'touchmove', 'touchend', 'touchcancel'].forEach((type) => node.addEventListener(type, touched, { capture: true, passive: false }));
  };
})();
