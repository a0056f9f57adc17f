/* Moves a figure's view as a hand would, so that the figure keeps it when it is drawn again. */
(function () {
  const atlas = (window.atlas = window.atlas || {});

  /* Plotly keeps through a redraw (`uirevision`) only what its own mouse handlers changed, and tells them by this flag. */
  atlas.place = (node, change) => {
    node._fullLayout._guiEditing = true;
    const placed = window.Plotly.relayout(node, change);
    if (node._fullLayout) node._fullLayout._guiEditing = false;
    node.dataset.moved = 'yes';
    return placed;
  };
})();
