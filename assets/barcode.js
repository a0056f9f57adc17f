/* Links the bars of a barcode with its map: what is hovered over on either is marked on both. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const LINK = -2; // the trace that runs from a minimum to its saddle, counted from the last
  const HINT = 'Point at a bar or at a ring.';
  const put = (place, text) => { if (place.textContent !== text) place.textContent = text; };
  const linked = new WeakSet(); // the ears of figures, new ones whenever one is drawn afresh

  function mark(node, number) {
    if (!node.data || node.data.length < 3) return;
    const places = number === null ? [] : node.layout.meta.places[number] || [];
    window.Plotly.restyle(node, { x: [places.map(([x]) => x)], y: [places.map(([, y]) => y)] }, [node.data.length + LINK]);
    put(node.closest('section').querySelector('.pointed'), number === null ? HINT : node.layout.meta.readings[number] || HINT);
    node.querySelectorAll('.barlayer .point').forEach((bar, place) => bar.classList.toggle('hovered', place === number));
  }

  /* Called when a barcode is drawn. */
  function link(node) {
    put(node.closest('section').querySelector('.meta'), node.layout.meta.words);
    put(node.closest('section').querySelector('.pointed'), node.layout.meta.drawable ? HINT : '');
    if (linked.has(node.on)) return;
    linked.add(node.on);
    node.on('plotly_hover', ({ points: [{ customdata }] }) => mark(node, Number.isInteger(customdata) ? customdata : null));
    node.on('plotly_unhover', () => mark(node, null));
  }

  function begin() {
    const place = document.getElementById('numbers');
    if (!place) return setTimeout(begin, 100);
    new MutationObserver((records) => {
      new Set(records.map(({ target }) => target)).forEach((node) => { if (node.layout && node.dataset.kind === 'barcode') link(node); });
    }).observe(place, { subtree: true, attributeFilter: ['data-version', 'data-url'] });
  }

  if (location.pathname === '/') begin();
})();
