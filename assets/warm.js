/* Before anything is open: makes the first panel's scene ready behind the welcome, for a first one takes seconds. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const WIDE = '(min-width: 62em)'; // narrower, the panels would lengthen the page
  const WAIT = 300; // ms
  const flat = [[0, 0.5], [0.5, 1]];
  const quiet = { show: false, highlight: false };
  const lines = { show: true, start: 0, end: 1, size: 0.2, width: 1, highlight: false };
  const dots = { type: 'scatter3d', mode: 'markers', x: [0], y: [0], z: [0.5], marker: { size: 3, color: [0], showscale: true } };

  /* What a surface is made of, so that all of it is compiled. */
  const DATA = [{ type: 'surface', x: [0, 1], y: [0, 1], z: flat, showscale: false, contours: { x: quiet, y: quiet, z: lines } }, dots, dots];
  const LAYOUT = { showlegend: false, margin: { l: 0, r: 0, t: 0, b: 0 }, scene: { aspectmode: 'manual', aspectratio: { x: 1, y: 1, z: 0.6 } } };

  atlas.isWarm = (node) => node.dataset.warm === 'yes';

  /* Called when the page has nothing else to do. */
  atlas.warm = async () => {
    const stage = document.getElementById('stage');
    const node = document.querySelector('.panel .figure.surface');
    if (!stage || stage.dataset.open === '') return setTimeout(atlas.warm, WAIT); // nobody knows yet what the address opens
    if (!node || stage.dataset.open !== '0' || stage.dataset.view !== 'surface' || !matchMedia(WIDE).matches) return;
    if (node._fullLayout || (await atlas.warmBlocks())) return;
    await atlas.plotly();
    if (stage.dataset.open !== '0' || node._fullLayout) return; // chosen meanwhile
    stage.classList.add('warming');
    node.dataset.warm = 'yes';
    await window.Plotly.newPlot(node, DATA, LAYOUT, atlas.CONFIG);
  };

  /* Called when a figure is drawn for good. */
  atlas.cool = (node) => {
    delete node.dataset.warm;
    document.getElementById('stage').classList.remove('warming');
  };

  addEventListener('load', () => setTimeout(() => (window.requestIdleCallback || setTimeout)(atlas.warm), 600));
})();
