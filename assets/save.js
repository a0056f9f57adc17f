/* Saves what is on screen: pictures are drawn here, everything else the server writes. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SHARPNESS = 3; // pixels per CSS pixel; a 3-D scene needs it as its WebGL pixel ratio too
  const WIDE = 3840;
  const LARGEST = 8192; // pixels a side that every WebGL canvas can have
  const TURN = { frames: 36, pace: 12 }; // of a turntable: pictures, and how many a second
  const SIZE = { width: 960, height: 720 }; // of a figure that is not on screen
  const SHOWN = 4000; // ms that a notice stays
  const KINDS = ['surface', 'contour'];
  let timer = 0;

  const panelOf = (node) => node.closest('.panel') || document.querySelector('.panel[data-run]:not([data-run=""])');
  const onScreen = (node) => node.clientWidth > 0;
  const rounded = (length) => Math.max(40, Math.round(length));

  /* Tells in a corner of the page what became of an export. */
  atlas.say = (text, bad = false) => {
    const notice = document.getElementById('notice');
    clearTimeout(timer);
    notice.textContent = text;
    notice.dataset.bad = String(bad);
    timer = setTimeout(() => { notice.textContent = ''; }, bad ? 4 * SHOWN : SHOWN);
  };

  /* The figures that a panel, or every panel, shows: surfaces first, as on a sheet with maps below. */
  function figures(slot) {
    const panels = [...document.querySelectorAll('.panel:not([hidden])')].filter((panel) => slot === 'all' || panel.dataset.slot === String(slot));
    const nodes = panels.flatMap((panel) => [...panel.querySelectorAll('.figure')]);
    const seeds = document.querySelector('.figure.seeds');
    if (slot === 'all' && seeds && onScreen(seeds)) return [seeds];
    const besides = slot === 'all' ? [...document.querySelectorAll('.figure[data-address]')].filter((node) => node.dataset.address && onScreen(node) && !node.closest('.panel')) : [];
    const seen = [...nodes.filter(onScreen), ...besides];
    const found = seen.length ? seen : nodes.filter((node) => node.dataset.kind === KINDS[0]);
    const rank = ({ dataset: { kind } }) => (KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length);
    return found.sort((one, other) => rank(one) - rank(other));
  }

  /* From where one looks at a figure, and at which epoch. */
  function viewOf(node) {
    const { scene, xaxis, yaxis } = node._fullLayout || {};
    const when = atlas.playing() ? { at: atlas.epoch() } : {};
    if (node.dataset.kind === 'seeds') return {};
    if (node.carved || (scene && scene._scene)) return { camera: atlas.viewText(), ...when };
    return xaxis && yaxis ? { x: xaxis.range, y: yaxis.range, ...when } : when;
  }

  /* What the server is asked for: figures, how they stand, how large and on what ground. */
  function sheet(nodes, { ground, print = {} }) {
    const panels = new Set(nodes.map(panelOf)).size;
    const alike = nodes.length > 4 && nodes.every((node) => node.closest('.apart')); // small multiples stand four in a row
    const across = alike ? 4 : panels > 1 && nodes.length > panels ? panels : 0;
    const large = nodes.filter((node) => onScreen(node) && node.closest('.panel'));
    const seen = large.length ? large : nodes.filter(onScreen);
    const side = (name) => rounded(Math.min(...seen.map((node) => node[`client${name}`])));
    const { width, height } = seen.length ? { width: side('Width'), height: side('Height') } : SIZE;
    const parts = nodes.map((node) => ({
      address: atlas.figureUrl(node), title: node.dataset.title || panelOf(node).querySelector('h2').textContent, view: viewOf(node),
    }));
    return { parts, across, width, height, ground, ...print };
  }

  async function asked(address, body) {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error((await answer.json()).error);
    return answer;
  }

  /* A figure of many as a data address; `drawn` has its blocks, too. Plotly cuts off fractions of a pixel, hence the last term. */
  async function image(drawn, format, { width, height }, scale, magnification = scale) {
    const spec = { data: drawn.data, layout: drawn.layout, config: { plotGlPixelRatio: scale, showSendToCloud: false } };
    return (await atlas.plotly()).toImage(spec, { format, width, height, scale: magnification });
  }

  async function picture(body, format, size) {
    const sheet = await (await asked('/api/together', body)).json();
    const { width, height, scale: printed, magnification = 1 } = sheet;
    const wished = printed || (size === 'wide' ? WIDE / width : SHARPNESS);
    const scale = Math.min(wished, LARGEST / Math.max(width, height)) + 1e-9;
    const address = await image(await atlas.withBlocks(sheet, scale), format, sheet, scale, format === 'svg' ? magnification : scale);
    if (format === 'webp' && !address.startsWith('data:image/webp')) throw new Error('This browser cannot write WebP: save a PNG.');
    return address;
  }

  async function written(body, kind) {
    return URL.createObjectURL(await (await asked(`/api/sheet/${kind}`, body)).blob());
  }

  atlas.download = (address, name) => {
    const link = Object.assign(document.createElement('a'), { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    if (address.startsWith('blob:')) setTimeout(URL.revokeObjectURL, SHOWN, address);
  };

  /* A text, through the clipboard or, where pages may not write there, through a selection. */
  atlas.copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch (refused) {
      const field = Object.assign(document.createElement('textarea'), { value: text });
      (document.querySelector('dialog[open]') || document.body).append(field); // what lies beside an open dialog is inert
      field.select();
      const done = document.execCommand('copy');
      field.remove();
      if (!done) throw new Error('The browser allows no copying: select the text, and copy it.');
    }
    atlas.say('Copied');
  };

  function nameOf(nodes) {
    const panels = [...new Set(nodes.map(panelOf))];
    const maps = nodes.every((node) => node.dataset.kind === 'contour') ? '_contour' : '';
    const stem = panels.length === 1 ? panels[0].dataset.file : panels.map((panel) => panel.dataset.run).join('_');
    return stem + maps;
  }

  /* The name of a file of everything on screen, without its ending. */
  atlas.fileName = () => nameOf(figures('all'));

  /* All figures on screen, as the server is asked for their words. */
  atlas.sheet = () => sheet(figures('all'), { ground: 'page' });

  /* Pictures, each drawn here, as one film that the server puts together. */
  async function film(frames, more) {
    const drawn = [];
    for (const frame of frames) {
      drawn.push(await frame());
      atlas.say(`Drew ${drawn.length} of ${frames.length}`);
    }
    return URL.createObjectURL(await (await asked('/api/film', { frames: drawn, ...more })).blob());
  }

  /* The playback: a picture for each epoch. */
  async function playback(body) {
    const sheet = await (await asked('/api/together', body)).json();
    const frames = atlas.epochs().map((epoch) => async () => {
      [sheet, ...(sheet.blocks || [])].forEach(({ figure: each }) => atlas.momentAt(each, epoch));
      return image(await atlas.withBlocks(sheet, 1), 'png', sheet, 1);
    });
    return film(frames, { pace: atlas.pace() });
  }

  /* One turn round what is on screen. */
  async function turntable(body) {
    const sheet = await (await asked('/api/together', body)).json();
    const count = atlas.turntableFrames || TURN.frames;
    const cameras = Object.entries(sheet.figure.layout).filter(([name]) => name.startsWith('scene')).map(([, scene]) => [scene, scene.camera]);
    if (!cameras.length && !(sheet.blocks || []).length) throw new Error('A turntable needs a surface, there is none on screen: choose the view Surface.');
    const frames = Array.from({ length: count }, (_, place) => async () => {
      const round = (360 * place) / count;
      cameras.forEach(([scene, camera]) => { scene.camera = atlas.turnedBy(camera, round); });
      return image(await atlas.withBlocks(sheet, 1, round), 'png', sheet, 1);
    });
    return film(frames, { pace: TURN.pace, loops: true });
  }

  const MAKERS = { picture: (body, format, { size }) => picture(body, format, size), film: playback, turntable };

  /* Where the checkpoints lie and what they lose, as a table. */
  function track(format) {
    const { survey, file: name } = document.querySelector('.panel').dataset;
    const tracks = new URLSearchParams(document.getElementById('drawing-contour').dataset.address.split('?')[1]).get('tracks');
    atlas.download(`/api/track/${survey}/${format}?${new URLSearchParams({ tracks, name: `${name}_track` })}`, `${name}_track.${format}`);
  }

  /* The scale that a panel shares with others, as its figures' addresses say it. */
  function scale(panel) {
    const address = atlas.figureUrl(panel.querySelector('.figure')) || '';
    const limits = new URLSearchParams(address.split('?')[1]).get('limits');
    return limits ? `&limits=${limits}` : '';
  }

  /* Numbers and meshes, of one panel. */
  function file(slot, format) {
    const panel = document.querySelector(`.panel[data-slot="${slot}"]`);
    const { survey, file: name, chart } = panel.dataset;
    const named = `name=${encodeURIComponent(name)}`;
    if (chart) return atlas.download(`/api/table/${chart.split('?')[0]}/${format}?${named}`, `${name}.${format}`);
    const solid = [...panel.querySelectorAll('.figure')].some((node) => node.carved) ? '&carved=1' : '';
    return atlas.download(`/api/file/${survey}/${format}?${atlas.styleOf(panel)}${solid}${scale(panel)}&${named}`, `${name}.${format}`);
  }

  async function figure(slot, kind, format, { size, ground, print }) {
    const nodes = figures(slot);
    atlas.say(`Making ${nameOf(nodes)}.${format}`);
    const body = sheet(nodes, { ground, print });
    const address = await (MAKERS[kind] || written)(body, format, { size });
    atlas.download(address, `${nameOf(nodes)}.${format}`);
    atlas.say(`Saved ${nameOf(nodes)}.${format}`);
  }

  atlas.save = async (slot, choice, paper) => {
    const [kind, format] = choice.split('-');
    try {
      if (kind === 'file') file(slot, format);
      else if (kind === 'track') track(format);
      else if (kind === 'link') await atlas.copy(new URL(atlas.link(), location.href).href);
      else if (kind === 'command') await atlas.showCommands();
      else if (kind === 'print') atlas.print();
      else await figure(slot, kind, format, paper);
    } catch (problem) {
      atlas.say(problem.message, true);
    }
  };
})();
