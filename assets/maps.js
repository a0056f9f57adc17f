/* Maps that one wanders over: where they come to rest, the page asks for the tiles in view. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const RESTING = 150; // ms without a further move until a view is told
  const DIGITS = 7; // of an end of a range: enough for the finest level
  const untold = new WeakSet(); // maps whose latest move has not been told yet

  const short = (value) => Number(value.toPrecision(DIGITS));
  const ends = (layout) => [...layout.xaxis.range, ...layout.yaxis.range].map(short);
  const same = (one, two) => one.every((value, index) => Math.abs(value - two[index]) <= 1e-6 * Math.abs(one[1] - one[0]));

  /* Shows a part of the plane in every panel; all of it for null. */
  atlas.look = (range) => dash_clientside.set_props('window', { data: range });

  /* A figure that arrives in mid-move does not undo the move; and one with another range gets that range: plotly.js
     forgets what it once constrained in its relayout, but not in its react. */
  atlas.keepView = (node, layout) => {
    ['xaxis', 'yaxis'].forEach((name) => {
      const axis = node._fullLayout && node._fullLayout[name];
      if (!axis || !axis.range) return;
      if (untold.has(node)) layout[name].range = [...axis.range];
      else axis._inputRange = null;
    });
  };

  /* Called when a map is first drawn. */
  atlas.explore = (node) => {
    let timer = 0;
    let shown = ends(node._fullLayout);
    const tell = () => {
      untold.delete(node);
      if (!node._fullLayout || !node._fullLayout.xaxis) return;
      const now = ends(node._fullLayout);
      if (!same(now, shown)) atlas.look(now);
      shown = now;
    };
    node.on('plotly_react', () => { if (!untold.has(node) && node._fullLayout.xaxis) shown = ends(node._fullLayout); });
    node.on('plotly_relayout', () => {
      untold.add(node);
      clearTimeout(timer);
      timer = setTimeout(tell, RESTING);
    });
    node.on('plotly_doubleclick', () => atlas.reset());
  };
})();
