/* Draws surfaces as blocks of stone, where the browser can: the figures are those of Python, read by assets/vendor/relief.js. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const CODE = '/assets/vendor/relief.js';
  const STEP = 5; // degrees, for each press of an arrow key
  const RESTING = 200; // ms without a further press until the view is told
  let loading = null;
  let able = true; // until WebGL 2 or the code turns out to be missing
  let timer = 0;

  const scheme = () => document.documentElement.getAttribute('data-mantine-color-scheme') || 'light';

  function load() {
    loading = loading || new Promise((done, failed) => {
      document.head.append(Object.assign(document.createElement('script'), { src: CODE, onload: done, onerror: failed }));
    });
    return loading;
  }

  const probe = () => Boolean(document.createElement('canvas').getContext('webgl2'));
  let probed = null;

  /* Whether a figure is to be a block: a surface, where that is chosen and possible. */
  atlas.carves = (node) => {
    if (node.dataset.kind !== 'surface' || document.getElementById('stage').dataset.look !== 'relief' || !able) return false;
    probed = probed === null ? probe() : probed;
    return probed;
  };

  atlas.carvedNodes = () => [...document.querySelectorAll('.figure.surface')].filter((node) => node.carved && node.clientWidth);

  /* Takes a block away. */
  atlas.uncarve = (node) => {
    if (!node.carved) return;
    node.carved.dispose();
    delete node.carved;
    delete node.dataset.carved;
  };

  function panelOf(node, { Panel, hand }) {
    if (node.carved && node.carvedScheme !== scheme()) atlas.uncarve(node);
    if (node.carved) return node.carved;
    if (node._fullLayout) window.Plotly.purge(node);
    node.carved = new Panel(node, scheme());
    node.carvedScheme = scheme();
    node.dataset.carved = 'yes';
    hand(node.carved, { turned, rested, hovered: (place) => atlas.pinAt(place && { x: node.carved.block.figure.x[place[1]], y: node.carved.block.figure.y[place[0]] }) });
    atlas.touch(node);
    return node.carved;
  }

  /* Shows a figure as a block, and says whether that was possible; Plotly draws what is none. */
  atlas.carve = async (node, figure) => {
    if (!atlas.carves(node)) return false;
    try {
      await load();
      const code = window.lossAtlasRelief;
      const read = code.readFigure(figure);
      if (!read) return false;
      const panel = panelOf(node, code);
      [node.data, node.layout] = [figure.data, figure.layout]; // what the cursor reads
      panel.view = atlas.view() || panel.view;
      panel.show(read, node.clientWidth < 480);
      return true;
    } catch (problem) {
      console.warn('Surfaces are drawn by Plotly, for their blocks could not be:', problem);
      able = false;
      atlas.uncarve(node);
      return false;
    }
  };

  let pending = null; // the view since the last movement

  function turned(view) {
    pending = atlas.above(view);
    atlas.carvedNodes().forEach((node) => node.carved.look(pending));
  }

  const rested = () => { if (pending) atlas.lookFrom(pending); };

  /* Blocks turned by keys or by two fingers. */
  atlas.turnCarved = ({ right, up, nearer }) => {
    const { view } = atlas.carvedNodes()[0].carved;
    turned({ ...view, azimuth: view.azimuth + STEP * right, elevation: view.elevation + STEP * up, distance: view.distance / nearer });
    clearTimeout(timer);
    timer = setTimeout(rested, RESTING);
  };
})();
