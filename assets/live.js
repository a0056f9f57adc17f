/* Draws: one event stream per tab, figures fetched when their survey has news, at a rate that leaves the page free. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const news = (atlas.news = new Map()); // survey -> its latest progress
  const seen = new WeakMap(); // figure element -> what is drawn in it
  const PAUSE = 200; // ms between two drawings of a figure at least
  const SMALL = 480; // px below which a figure is drawn with fewer words
  const SHARE = 3; // a drawing is followed by so many times its own cost of rest
  const CONFIG = { displaylogo: false, showSendToCloud: false, displayModeBar: false, scrollZoom: true, plotGlPixelRatio: atlas.pixelRatio || 2 };
  atlas.drawings = 0;

  const figures = () => [...document.querySelectorAll('.figure')];
  const scheme = () => document.documentElement.getAttribute('data-mantine-color-scheme') || 'light';
  const visible = (node) => node.getClientRects().length > 0 && node.clientWidth > 0;
  const panelOf = (node) => node.closest('.panel');

  /* The width over the height in steps of a tenth, so that a resize by a few pixels changes nothing. */
  const aspect = (node) => (Math.round((10 * node.clientWidth) / Math.max(1, node.clientHeight)) / 10).toFixed(1);

  atlas.figureUrl = (node) => {
    const { survey, style } = panelOf(node).dataset;
    const small = node.clientWidth < SMALL ? '&small=1' : '';
    const beside = node.dataset.kind === 'surface' && document.getElementById('stage').dataset.view === 'both' ? '&bar=0' : '';
    const shape = visible(node) ? `&aspect=${aspect(node)}${small}` : '';
    return survey && `/api/figure/${node.dataset.kind}/${survey}?${style}&scheme=${scheme()}${beside}${shape}`;
  };

  function record(node) {
    if (!seen.has(node)) seen.set(node, { url: null, version: -1, busy: false, next: 0, timer: 0, held: false });
    return seen.get(node);
  }

  function release(node, at) {
    if (node._fullLayout) window.Plotly.purge(node); // frees the WebGL context at once
    Object.assign(at, { url: null, run: null, version: -1 });
  }

  function consider(node) {
    const at = record(node);
    if (at.busy || !window.Plotly) return;
    const url = visible(node) && atlas.figureUrl(node);
    if (!url) return release(node, at);
    const latest = news.get(panelOf(node).dataset.survey);
    if (url === at.url && (!latest || latest.version <= at.version)) return;
    if (at.held || document.hidden) return; // a hand on the figure, or nobody looking: drawn afterwards
    const wait = url === at.url ? at.next - performance.now() : 0;
    clearTimeout(at.timer);
    if (wait > 0) at.timer = setTimeout(consider, wait, node);
    else draw(node, at, url);
  }

  async function draw(node, at, url) {
    at.busy = true;
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error((await answer.json()).error);
      const figure = await answer.json();
      if (visible(node) && atlas.figureUrl(node) === url && !at.held) await paint(node, at, url, figure);
    } catch (problem) {
      Object.assign(at, { url, version: Infinity }); // asked again when the view changes or the stream reconnects
      atlas.lastProblem = String(problem);
    }
    at.busy = false;
    consider(node);
  }

  async function paint(node, at, url, figure) {
    const { run } = panelOf(node).dataset;
    const meta = figure.layout.meta;
    const ended = ['done', 'failed', 'cancelled'].includes(meta.state); // the figure may know before the stream does
    if (!meta.drawable && !ended && (!at.run || at.run === run)) { // what is there may stay until there is more
      return Object.assign(at, { url, version: meta.version, next: performance.now() + PAUSE });
    }
    const began = performance.now();
    const fresh = !node._fullLayout;
    await window.Plotly.react(node, figure.data, figure.layout, CONFIG);
    const cost = performance.now() - began;
    Object.assign(at, { url, run, version: meta.version, next: performance.now() + Math.max(PAUSE, SHARE * cost) });
    atlas.drawings += 1;
    node.dataset.version = at.version;
    node.dataset.url = url;
    if (fresh) atlas.follow(node);
  }

  atlas.redraw = () => {
    figures().forEach(consider);
    atlas.count();
  };
  atlas.hold = (node, held) => {
    record(node).held = held;
    if (!held) consider(node);
  };

  function open(tab) {
    const stream = new EventSource(`/api/stream?tab=${tab}`);
    let lost = false;
    stream.onmessage = (event) => {
      if (lost) dash_clientside.set_props('reconnected', { data: Date.now() });
      if (lost) news.clear();
      lost = false;
      JSON.parse(event.data).forEach((progress) => news.set(progress.survey, progress));
      atlas.report();
      atlas.redraw();
    };
    stream.onerror = () => {
      lost = true;
      figures().forEach((node) => Object.assign(record(node), { version: -1 }));
    };
    return stream;
  }

  /* Called once, when the page knows its name. */
  atlas.listen = (tab) => {
    let stream = open(tab);
    addEventListener('pagehide', () => stream.close());
    addEventListener('pageshow', (event) => {
      if (!event.persisted) return;
      stream = open(tab);
      dash_clientside.set_props('reconnected', { data: Date.now() });
    });
    watchPage();
  };

  function watchPage() {
    const changed = () => { atlas.report(); atlas.redraw(); };
    const attributes = ['data-survey', 'data-style', 'data-view', 'data-open', 'hidden'];
    new MutationObserver(changed).observe(document.getElementById('stage'), { subtree: true, attributeFilter: attributes });
    new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    document.addEventListener('visibilitychange', changed);
    const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
      if (target._fullLayout && visible(target)) window.Plotly.Plots.resize(target);
      consider(target);
    }));
    figures().forEach((node) => sizes.observe(node));
    addEventListener('load', changed);
    changed();
  }
})();
