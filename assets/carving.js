/* Draws surfaces as blocks of stone, where the browser can: the figures are those of Python, read by assets/vendor/relief.js. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const CODE = '/assets/vendor/relief.js';
  const STEP = 5; // degrees, for each press of an arrow key
  const RESTING = 200; // ms without a further press until the view is told
  let able = null; // whether blocks can be drawn; null until somebody has to know
  let timer = 0;
  let turning = null; // the view while a hand or a key moves it, until it is told

  const scheme = () => document.documentElement.getAttribute('data-mantine-color-scheme') || 'light';

  const load = () => atlas.loadScript(CODE).then(() => window.lossAtlasRelief);

  /* Whether there is WebGL 2; a page may say so itself. */
  function webgl2() {
    const gl = document.createElement('canvas').getContext('webgl2');
    gl?.getExtension('WEBGL_lose_context')?.loseContext();
    return Boolean(gl);
  }

  /* Whether surfaces are to be blocks: that is chosen, and possible. */
  function wanted() {
    if (document.getElementById('stage')?.dataset.look !== 'relief') return false;
    able = able ?? atlas.webgl2 ?? webgl2();
    return able;
  }

  atlas.carves = (node) => node.dataset.kind === 'surface' && wanted();

  atlas.carvedNodes = () => [...document.querySelectorAll('.figure.surface')].filter((node) => node.carved && node.clientWidth);

  /* Makes the code and its renderer ready before the first surface is there; says whether blocks will be drawn. */
  atlas.warmBlocks = async () => {
    if (!wanted()) return false;
    await load().then((code) => code.warm(scheme())).catch(forgo);
    return true;
  };

  /* Leaves surfaces to Plotly from now on. */
  function forgo(problem) {
    console.warn('Surfaces are drawn by Plotly, for blocks could not be:', problem);
    able = false;
    document.querySelectorAll('.figure.surface').forEach(atlas.uncarve);
  }

  /* Takes a block away. */
  atlas.uncarve = (node) => {
    if (!node.carved) return;
    node.carved.dispose();
    delete node.carved;
    delete node.dataset.carved;
  };

  /* The point of the plane at a place of a block's mesh. */
  const pointAt = (node, place) => place && { x: node.carved.block.figure.x[place[1]], y: node.carved.block.figure.y[place[0]] };

  function panelOf(node, { Panel, hand }) {
    if (node.carved && node.carved.scheme !== scheme()) atlas.uncarve(node);
    if (node.carved) return node.carved;
    if (node._fullLayout) window.Plotly.purge(node);
    node.carved = new Panel(node, scheme());
    node.dataset.carved = 'yes';
    hand(node.carved, { turned, rested, hovered: (place) => atlas.pinAt(pointAt(node, place)) });
    atlas.touch(node);
    return node.carved;
  }

  /* Shows a figure as a block, and says whether that was possible; Plotly draws what is none. */
  atlas.carve = async (node, figure) => {
    if (!atlas.carves(node)) return false;
    try {
      const code = await load();
      const read = code.readFigure(figure);
      if (!read) return false;
      const panel = panelOf(node, code);
      [node.data, node.layout] = [figure.data, figure.layout]; // what the cursor reads
      panel.look(turning || atlas.view(), false);
      panel.show(read, node.clientWidth < atlas.SMALL.wide);
      return true;
    } catch (problem) {
      forgo(problem);
      return false;
    }
  };

  /* Moves all blocks to a view, null for the first one, without telling the link. */
  atlas.lookCarved = (view) => {
    turning = view && atlas.above(view);
    atlas.carvedNodes().forEach((node) => node.carved.look(turning));
  };

  const turned = atlas.lookCarved;

  /* Puts pictures of blocks into the room that a figure of many leaves for them, turned by so many degrees. */
  atlas.withBlocks = async ({ figure, blocks = [], width, height }, ratio, round = 0) => {
    if (!blocks.length) return figure;
    const code = await load();
    const images = blocks.map(({ figure: one, box: [left, right, bottom, top], scheme: dark, view }) => {
      const size = { width: Math.round((right - left) * width), height: Math.round((top - bottom) * height) };
      const look = { ...size, ratio, scheme: dark, view: { ...view, azimuth: view.azimuth + round }, small: size.width < atlas.SMALL.wide };
      const place = { xref: 'paper', yref: 'paper', x: left, y: top, sizex: right - left, sizey: top - bottom, xanchor: 'left', yanchor: 'top', sizing: 'stretch', layer: 'above' };
      return { ...place, source: code.picture(code.readFigure(one), look) };
    });
    return { ...figure, layout: { ...figure.layout, images: [...(figure.layout.images || []), ...images] } };
  };

  function rested() {
    if (turning) atlas.lookFrom(turning);
    turning = null;
  }
  atlas.restCarved = rested;

  /* Blocks turned by keys or by two fingers. */
  atlas.turnCarved = ({ right, up, nearer }) => {
    const { view } = atlas.carvedNodes()[0].carved;
    turned({ ...view, azimuth: view.azimuth + STEP * right, elevation: view.elevation + STEP * up, distance: view.distance / nearer });
    clearTimeout(timer);
    timer = setTimeout(rested, RESTING);
  };
})();
