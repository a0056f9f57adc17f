/* Draws: hears of progress from the hub, figures fetched when their survey has news, at a rate that leaves the page free. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const news = (atlas.news = new Map()); // survey -> its latest progress
  const seen = new WeakMap(); // figure element -> what is drawn in it
  const PAUSE = 200; // ms between two drawings of a figure at least
  const SMALL = atlas.SMALL = { wide: 480, high: 300 }; // px below which a figure is drawn with fewer words
  const LARGE = 1.4; // by how much type grows in a presentation, as in viewer/figures/enlarged.py
  const SILENCE = 2000; // ms without the server until the page says so
  const UNDRAWN = 'This figure could not be drawn: the log of the server has the details.';
  const SHARE = 3; // a drawing is followed by so many times its own cost of rest
  const CONFIG = atlas.CONFIG = { displaylogo: false, showSendToCloud: false, displayModeBar: false, scrollZoom: true, plotGlPixelRatio: atlas.pixelRatio || 2 };
  const MAP = { ...CONFIG, doubleClick: false }; // assets/maps.js says what that does
  const extents = new Map(); // survey and style -> the limits that its heights ask for
  const caps = new Map(); // survey and style -> the cap that suits its heights
  atlas.drawings = 0;

  const figures = () => [...document.querySelectorAll('.figure')];
  const stage = () => document.getElementById('stage').dataset;
  const scheme = () => document.documentElement.getAttribute('data-mantine-color-scheme') || 'light';
  const visible = (node) => node.getClientRects().length > 0 && node.clientWidth > 0;
  const panelOf = (node) => node.closest('.panel') || document.querySelector('.panel[data-survey]:not([data-survey=""])');

  /* The width over the height in steps of a tenth, so that a resize by a few pixels changes nothing; rounded down, for a
     surface that is fitted to more width than there is would be cut off. */
  const aspect = (node) => (Math.floor((10 * node.clientWidth) / Math.max(1, node.clientHeight)) / 10).toFixed(1);

  atlas.seeds = () => (stage().seeds || '').split(/[,;]/).filter(Boolean);

  /* The surveys a figure is drawn from; a figure that stands for itself, not for its panel, names them beside its address. */
  function sources(node) {
    if ('address' in node.dataset) return (node.dataset.sources || '').split(',').filter(Boolean);
    if (node.dataset.kind === 'seeds') return atlas.seeds();
    const { survey, minus } = panelOf(node).dataset;
    return [survey, minus].filter(Boolean);
  }

  /* The newest version of what a figure is drawn from. */
  const newest = (node) => Math.max(-1, ...sources(node).map((id) => (news.has(id) ? news.get(id).version : -1)));

  const plain = (dataset) => `${dataset.survey}?${dataset.style}`;

  const quantity = (panel) => new URLSearchParams(panel.dataset.style).get('quantity');
  const open = () => [...document.querySelectorAll('.panel:not([hidden])')];

  /* A panel's style; where its cap is to be chosen, with those that suit the panels with which it shares a scale. */
  atlas.styleOf = (panel) => {
    const { style } = panel.dataset;
    if (stage().scale === 'own' || !style.split('&').includes('cap=auto')) return style;
    const known = open().filter((other) => quantity(other) === quantity(panel)).map((other) => caps.get(plain(other.dataset))).filter(Boolean);
    const same = known.every((cap) => cap === caps.get(plain(panel.dataset)));
    return same ? style : style.replace('cap=auto', `cap=${known.join()}`);
  };

  /* The limits that a panel shares with all others of its kind; none where its own are the same. */
  function limits(panel) {
    if (stage().scale === 'own') return '';
    const alike = open().filter((other) => !other.dataset.minus === !panel.dataset.minus && quantity(other) === quantity(panel));
    const known = alike.map((other) => extents.get(plain(other.dataset))).filter(Boolean);
    if (alike.length < 2 || !known.length) return '';
    const common = [Math.min(...known.map((ends) => ends[0])), Math.max(...known.map((ends) => ends[1]))];
    const own = extents.get(plain(panel.dataset));
    return own && own[0] === common[0] && own[1] === common[1] ? '' : `&limits=${common.join(':')}`;
  }

  /* One legend for all panels of one quantity stands in the toolbar; a surface beside its map leaves the bar to it. */
  const together = () => ['surface', 'contour', 'both'].includes(stage().view) && stage().scale === 'shared' && Number(stage().open) > 1 && new Set(open().map(quantity)).size === 1;
  const barless = (node) => together() || (node.dataset.kind === 'surface' && stage().view === 'both');

  /* A figure's shape. While a panel says that it is drawn, its badges may take another line, and its figures less room:
     they keep the shape that was asked for before, or each drawing would ask for another one, without end. */
  function shapeOf(node) {
    const [at, panel] = [record(node), node.closest('.panel')];
    if (at.shape && panel && panel.dataset.state === 'drawing') return at.shape;
    const [solid, low] = [node.dataset.kind === 'surface', node.clientHeight < SMALL.high];
    const large = atlas.presenting() && !low;
    const small = (low && ['surface', 'contour'].includes(node.dataset.kind)) || node.clientWidth < SMALL.wide * (large ? LARGE : 1) || (large && solid);
    at.shape = `&aspect=${aspect(node)}${small ? '&small=1' : ''}${large ? '&large=1' : ''}`;
    return at.shape;
  }

  atlas.figureUrl = (node) => {
    const shape = visible(node) ? shapeOf(node) : '';
    if ('address' in node.dataset) return node.dataset.address && `/api/figure/${node.dataset.address}&scheme=${scheme()}${atlas.carves(node) ? '&carved=1' : ''}${barless(node) ? '&bar=0' : ''}${shape}`;
    const panel = panelOf(node);
    if (!panel || !sources(node).length) return null;
    if (node.dataset.kind === 'seeds') return `/api/figure/seeds/${stage().seeds}?${panel.dataset.style}&scheme=${scheme()}${shape}`;
    return `/api/figure/${node.dataset.kind}/${panel.dataset.survey}?${atlas.styleOf(panel)}&scheme=${scheme()}${atlas.carves(node) ? '&carved=1' : ''}${limits(panel)}${barless(node) ? '&bar=0' : ''}${shape}`;
  };

  function record(node) {
    if (!seen.has(node)) seen.set(node, { url: null, version: -1, busy: false, next: 0, timer: 0, holds: new Set(), failed: false, shape: '', answer: null });
    return seen.get(node);
  }

  /* Whether a figure still lacks news of what it shows; one that could not be drawn, or is out of sight, awaits none. */
  function behind(node) {
    const at = record(node);
    const url = visible(node) && atlas.figureUrl(node);
    return Boolean(url) && !at.failed && (url !== at.url || newest(node) > at.version);
  }

  /* What the page says of a survey: that it is done only once every figure of it on screen shows the end. */
  atlas.progressOf = (survey) => {
    const progress = news.get(survey);
    if (!progress || progress.state !== 'done') return progress;
    const waits = figures().some((node) => sources(node).includes(survey) && behind(node));
    return waits ? { ...progress, state: 'drawing' } : progress;
  };

  function release(node, at) {
    atlas.uncarve(node);
    if (node._fullLayout) window.Plotly.purge(node); // frees the WebGL context at once
    delete node.dataset.problem;
    Object.assign(at, { url: null, run: null, version: -1 });
  }

  function awaitPlotly(node) {
    atlas.plotly().then(() => consider(node), () => { node.dataset.problem = UNDRAWN; });
  }

  function consider(node) {
    const at = record(node);
    if (at.busy) return;
    const url = visible(node) && atlas.figureUrl(node);
    if (!url) return atlas.isWarm(node) ? undefined : release(node, at);
    if (url === at.url && newest(node) <= at.version) return;
    if (at.holds.size || document.hidden) return; // a hand on the figure, or nobody looking: drawn afterwards
    if (!window.Plotly && !atlas.carves(node)) return awaitPlotly(node);
    const wait = url === at.url ? at.next - performance.now() : 0;
    clearTimeout(at.timer);
    if (wait > 0) at.timer = setTimeout(consider, wait, node);
    else draw(node, at, url);
  }

  const finished = ({ state }) => ['done', 'failed', 'cancelled'].includes(state); // the figure may know before the stream does

  async function fetchFigure(node, url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || UNDRAWN);
    const figure = await answer.json();
    const { meta } = figure.layout;
    if (meta.drawable || finished(meta)) learnScale(node, meta);
    return figure;
  }

  async function draw(node, at, url) {
    at.busy = true;
    at.failed = false;
    const asked = newest(node);
    try {
      const answer = fetchFigure(node, url);
      at.answer = answer.then(() => {}, () => {}); // whether it came, not the figure itself
      const figure = await answer;
      await Promise.all(figures().map((other) => record(other).answer)); // which may change the common scale
      if (visible(node) && atlas.figureUrl(node) === url && !at.holds.size) await paint(node, at, url, figure);
    } catch (problem) {
      Object.assign(at, { url, version: asked, failed: true }); // asked again when there is news or the server is back
      if (!(problem instanceof TypeError)) node.dataset.problem = problem.message; // else no server answered: the job strip says so
    }
    at.busy = false;
    atlas.report();
    figures().forEach(consider); // a panel that is no longer drawn lets its other figures take their new shape
  }

  async function paint(node, at, url, figure) {
    const run = 'address' in node.dataset ? node.dataset.run : panelOf(node).dataset.run;
    const meta = figure.layout.meta;
    if (!meta.drawable && !finished(meta) && (!at.run || at.run === run)) { // what is there may stay until there is more
      return Object.assign(at, { url, version: meta.version, next: performance.now() + PAUSE });
    }
    const began = performance.now();
    const fresh = !node._fullLayout || atlas.isWarm(node);
    if (fresh) atlas.cool(node);
    if (node.dataset.kind === 'contour') atlas.keepView(node, figure.layout);
    if (node.dataset.kind === 'surface') atlas.frame(node, figure.layout);
    atlas.moment(figure);
    const carved = await atlas.carve(node, figure);
    if (!carved) {
      await atlas.plotly();
      atlas.uncarve(node);
      await window.Plotly.react(node, figure.data, figure.layout, node.dataset.kind === 'contour' ? MAP : CONFIG);
    }
    delete node.dataset.problem;
    const cost = performance.now() - began;
    Object.assign(at, { url, run, version: meta.version, next: performance.now() + Math.max(PAUSE, SHARE * cost) });
    atlas.drawings += 1;
    node.dataset.version = at.version;
    node.dataset.url = url;
    if (fresh && !carved) atlas.follow(node);
    atlas.countMinima(node, meta);
    showLegend(node, meta);
  }

  /* Keeps what a figure says of its heights before it is drawn: new limits may be those of other panels, too. */
  function learnScale(node, meta) {
    if (!meta.extent || 'address' in node.dataset) return;
    const key = plain(panelOf(node).dataset);
    const news = String(extents.get(key)) !== String(meta.extent) || caps.get(key) !== meta.cap;
    extents.set(key, meta.extent);
    caps.set(key, meta.cap);
    if (news) figures().forEach(consider);
  }

  function showLegend(node, meta) {
    if (!meta.extent || 'address' in node.dataset) return;
    const data = [...new Set(open().map((panel) => panel.dataset.data))].join(', ');
    atlas.legend(together() ? { ...meta.bar, title: `${meta.bar.title}\n${data}` } : null);
  }

  atlas.redraw = () => {
    figures().forEach(consider);
    if (!together()) atlas.legend(null);
    atlas.count();
  };
  /* Whether a figure is left as it is, for a hand is on it; what holds it, by any name, lets it go by the same. */
  atlas.held = (node) => record(node).holds.size > 0;
  atlas.hold = (node, held, by = 'keys') => {
    const { holds } = record(node);
    if (held) holds.add(by);
    else holds.delete(by);
    if (holds.size) return;
    atlas.catchUp(node);
    consider(node);
  };

  /* What the hub of all tabs says: assets/hub.js. */
  function hear({ news: batch, whole, slow, store, lost, reason, back }) {
    if (lost) return lose(reason);
    if (back) dash_clientside.set_props('reconnected', { data: Date.now() });
    if (!back && !batch) return;
    clearTimeout(silent);
    silent = 0;
    atlas.lost(false);
    if (!batch) return;
    atlas.slow(slow);
    atlas.storeProblem(store);
    if (whole) news.clear();
    batch.forEach((progress) => news.set(progress.survey, progress));
    atlas.report();
    atlas.redraw();
  }

  let silent = 0; // the timer of the words that the server does not answer
  let refusal = ''; // what it says instead, as a sentence

  function lose(reason) {
    refusal = reason || '';
    silent = silent || setTimeout(() => atlas.lost(true, refusal), SILENCE);
    if (refusal) atlas.lost(true, refusal);
    figures().map(record).forEach((at) => Object.assign(at, { version: -1, url: at.failed ? null : at.url }));
  }

  /* Called once, when the page knows its name. */
  atlas.listen = (tab) => {
    atlas.join(tab, hear);
    watchPage();
  };

  function watchPage() {
    const changed = () => { atlas.answered(); atlas.readyPlayer(); atlas.report(); atlas.redraw(); atlas.arrange(); };
    const attributes = ['data-survey', 'data-style', 'data-minus', 'data-view', 'data-look', 'data-open', 'data-solo', 'data-scale', 'data-seeds', 'data-address', 'data-sources', 'data-epochs', 'hidden'];
    new MutationObserver(changed).observe(document.getElementById('stage'), { subtree: true, attributeFilter: attributes });
    new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    document.addEventListener('visibilitychange', changed);
    const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
      if (target._fullLayout && visible(target)) window.Plotly.Plots.resize(target);
      if (target.carved) target.carved.drawSoon();
      consider(target);
    }));
    figures().forEach((node) => sizes.observe(node));
    addEventListener('load', changed);
    changed();
  }
})();
