/* Maps that one wanders over: where they come to rest, the page asks for the tiles in view. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const RESTING = 150; // ms without a further move until a view is told
  const DIGITS = 7; // of an end of a range: enough for the finest level
  const untold = new Map(); // maps whose latest move has not been told yet -> what will tell it, once they rest
  let unanswered = null; // what all maps asked for when a part was told of that none asks for yet

  const short = (value) => Number(value.toPrecision(DIGITS));
  const ends = (layout) => [...layout.xaxis.range, ...layout.yaxis.range].map(short);
  const same = (one, two) => one.every((value, index) => Math.abs(value - two[index]) <= 1e-6 * Math.abs(one[1] - one[0]));

  function asking(node) {
    const { survey, style } = (node.closest('.panel') || node).dataset;
    return node.dataset.address || `${survey}?${style}`;
  }
  const wishes = () => [...document.querySelectorAll('.figure.contour')].map(asking).join(' ');

  /* Called whenever what maps ask for may have changed. */
  atlas.answered = () => { if (wishes() !== unanswered) unanswered = null; };

  /* Shows a part of the plane in every panel; all of it for null, whatever has not been told yet. */
  atlas.look = (range) => {
    unanswered = range && wishes();
    if (!range) untold.forEach(clearTimeout);
    if (!range) untold.clear();
    dash_clientside.set_props('window', { data: range });
  };

  /* Whether a map shows more than its figure was asked for. */
  const ahead = (node) => untold.has(node) || wishes() === unanswered;

  /* A figure that arrives in mid-move, or before the page has answered the move, does not undo it; and one with another
     range gets that range: plotly.js forgets what it once constrained in its relayout, but not in its react. */
  atlas.keepView = (node, layout) => {
    ['xaxis', 'yaxis'].forEach((name) => {
      const axis = node._fullLayout && node._fullLayout[name];
      if (!axis || !axis.range) return;
      if (ahead(node)) layout[name].range = [...axis.range];
      else axis._inputRange = null;
    });
  };

  /* Called when a map is first drawn. */
  atlas.explore = (node) => {
    let shown = ends(node._fullLayout);
    const tell = () => {
      untold.delete(node);
      if (!node._fullLayout || !node._fullLayout.xaxis) return;
      const now = ends(node._fullLayout);
      if (!same(now, shown)) atlas.look(now);
      shown = now;
    };
    node.on('plotly_react', () => { if (!untold.has(node) && node._fullLayout.xaxis) shown = ends(node._fullLayout); });
    node.on('plotly_relayouting', () => untold.set(node, untold.get(node) || 0));
    node.on('plotly_relayout', (change) => {
      if (!Object.keys(change || {}).length) return; // a double click, which plotly.js itself does nothing about
      clearTimeout(untold.get(node));
      untold.set(node, setTimeout(tell, RESTING));
    });
    node.on('plotly_doubleclick', () => atlas.reset());
  };
})();
