/* Saves a figure as a file. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SHARPNESS = 3; // pixels per CSS pixel; a 3-D scene needs it as its WebGL pixel ratio too
  const SIZE = { width: 960, height: 720 };

  /* The figure on screen, from where one looks at it; else as it would first be drawn. */
  async function figureOf(node) {
    if (node._fullLayout && node.data.length) {
      const layout = { ...node.layout };
      const scene = node._fullLayout.scene;
      if (scene) layout.scene = { ...layout.scene, camera: scene._scene.getCamera() };
      return { data: node.data, layout, width: node.clientWidth, height: node.clientHeight };
    }
    return { ...(await (await fetch(atlas.figureUrl(node))).json()), ...SIZE };
  }

  atlas.picture = async (node, format) => {
    const { data, layout, width, height } = await figureOf(node);
    const spec = { data, layout, config: { plotGlPixelRatio: SHARPNESS, showSendToCloud: false } };
    return window.Plotly.toImage(spec, { format, width, height, scale: format === 'png' ? SHARPNESS : 1 });
  };

  atlas.download = (address, name) => {
    const link = Object.assign(document.createElement('a'), { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
  };

  atlas.save = async (slot, choice) => {
    const [kind, format] = choice.split('-');
    const panel = document.querySelector(`.panel[data-slot="${slot}"]`);
    if (kind === 'file') {
      const { survey, style, file } = panel.dataset;
      return atlas.download(`/api/file/${survey}/${format}?${style}&name=${encodeURIComponent(file)}`, `${file}.${format}`);
    }
    const address = await atlas.picture(panel.querySelector(`.figure.${kind}`), format);
    atlas.download(address, `${panel.dataset.file}${kind === 'contour' ? '_contour' : ''}.${format}`);
  };
})();
