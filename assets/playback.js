/* Plays training runs: moves the marked epoch in every figure at once; nothing but one small trace is drawn anew. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SPEEDS = [1, 2, 5, 10]; // checkpoints a second
  const RESTING = 400; // ms after the last move until the page's address is told
  const ROLLED = 800; // ms that a ball rolls from one checkpoint to the next while one a second is shown
  const SCRUBBED = 160; // ms to the epoch that is chosen by hand
  let host = null; // the player
  let nodes = () => []; // the figures that it moves
  let told = () => {}; // hears of the epoch when it rests
  let epochs = []; // of all runs, each once, rising
  let place = -1; // in these; the last where it is beyond
  let playing = 0;
  let timer = 0;

  const now = (data) => data.findIndex((trace) => trace.meta && trace.meta.now);
  const last = () => epochs.length - 1;
  const epoch = () => epochs[place];
  const part = (name) => host.querySelector(`.${name}`);

  /* The last checkpoint of a run by an epoch, the first where there is none. */
  const reached = (run, at) => Math.max(0, run.reduce((found, each, index) => (each <= at ? index : found), 0));

  /* Where the marks of a trace are at an epoch. */
  function placed({ meta }, at) {
    const index = meta.epochs.map((run) => reached(run, at));
    const where = ['x', 'y', 'z'].filter((axis) => meta[axis]).map((axis) => [axis, meta[axis].map((run, each) => run[index[each]])]);
    return { ...Object.fromEntries(where), meta: { ...meta, places: index } };
  }

  /* Marks the epoch in a figure that is about to be drawn. */
  atlas.moment = ({ data }) => data.filter((trace) => trace.meta && trace.meta.now && epochs.length).forEach((trace) => Object.assign(trace, placed(trace, epoch())));

  /* Moves the mark in a figure; one that a hand is on is left for later, for drawing sets its camera back. */
  function move(node) {
    if (atlas.held && atlas.held(node)) return; // a saved page holds nothing
    const marks = (node.data || []).map((trace, index) => ({ trace, index })).filter(({ trace }) => trace.meta && trace.meta.now);
    [true, false].forEach((solid) => {
      const each = marks.filter(({ trace }) => Boolean(trace.meta.z) === solid);
      const where = each.map(({ trace }) => placed(trace, epoch()));
      const change = Object.fromEntries((solid ? ['x', 'y', 'z'] : ['x', 'y']).map((axis) => [axis, where.map((at) => at[axis])]));
      if (each.length) window.Plotly.restyle(node, change, each.map(({ index }) => index));
    });
  }

  /* Moves the mark in a figure that has one. */
  atlas.catchUp = (node) => { if (node.carved) { atlas.moment(node); node.carved.roll(playing ? ROLLED / atlas.pace() : SCRUBBED); } else if (place >= 0 && node._fullLayout && node.clientWidth && now(node.data) >= 0) move(node); };

  function show() {
    part('player-range').value = place;
    part('player-epoch').textContent = epochs.length ? `epoch ${epoch()} of ${epochs[last()]}` : '';
    part('player-range').setAttribute('aria-valuetext', `epoch ${epoch()}`);
  }

  /* Goes to a place among the epochs. */
  function go(wished) {
    place = Math.min(Math.max(0, wished), last());
    show();
    nodes().forEach(atlas.catchUp);
    clearTimeout(timer);
    timer = setTimeout(rest, RESTING);
  }

  function rest() {
    if (!playing) told(place === last() ? '' : String(epoch()));
  }

  function step() {
    if (place === last()) return stop();
    const began = performance.now();
    go(place + 1);
    playing = setTimeout(step, Math.max(0, 1000 / Number(part('player-speed').value) - (performance.now() - began)));
  }

  function stop() {
    clearTimeout(playing);
    playing = 0;
    host.dataset.playing = '';
    part('player-play').setAttribute('aria-label', 'Play');
    clearTimeout(timer);
    timer = setTimeout(rest, RESTING);
  }

  function play() {
    if (!epochs.length) return;
    host.dataset.playing = 'yes';
    part('player-play').setAttribute('aria-label', 'Stop');
    if (place === last()) go(0);
    playing = setTimeout(step, 1000 / Number(part('player-speed').value));
  }

  atlas.playing = () => Boolean(host && epochs.length);
  atlas.play = () => (playing ? stop() : play());
  atlas.step = (by) => { if (playing) stop(); go(place + by); };
  atlas.epochs = () => epochs;
  atlas.epoch = epoch;
  atlas.pace = () => Number(part('player-speed').value);
  atlas.momentAt = (figure, at) => figure.data.filter((trace) => trace.meta && trace.meta.now).forEach((trace) => Object.assign(trace, placed(trace, at)));

  const make = (tag, className, more) => Object.assign(document.createElement(tag), { className, ...more });

  /* Fills a player's place with its parts, and says which figures it moves and who hears where it rests. */
  atlas.player = (place, figures, hear) => {
    [host, nodes, told] = [place, figures, hear];
    const button = make('button', 'quiet player-play', { type: 'button', title: 'Play or stop (space)', onclick: () => atlas.play() });
    button.append(make('span', 'icon icon-play'));
    button.setAttribute('aria-label', 'Play');
    const range = make('input', 'player-range', { type: 'range', min: 0, max: 0, step: 1, oninput: () => { if (playing) stop(); go(Number(range.value)); } });
    range.setAttribute('aria-label', 'Epoch');
    const speed = make('select', 'player-speed', { title: 'Checkpoints a second' });
    speed.setAttribute('aria-label', 'Checkpoints a second');
    speed.append(...SPEEDS.map((each) => make('option', '', { value: each, textContent: `${each}/s`, selected: each === 5 })));
    host.replaceChildren(button, range, make('output', 'player-epoch'), speed);
  };

  /* Takes over the epochs of the runs, and the one that is to be marked. */
  atlas.film = (runs, at) => {
    const before = String(epochs);
    epochs = [...new Set(runs.flat())].sort((one, other) => one - other);
    if (String(epochs) === before) return;
    if (playing) stop();
    const wished = at === '' ? last() : epochs.findIndex((each) => each >= Number(at));
    place = wished < 0 ? last() : wished;
    part('player-range').max = Math.max(0, last());
    show();
  };

  /* The page's own player, where there is one. */
  function begin() {
    const found = document.getElementById('player');
    if (!found) return;
    if (!found.firstChild) atlas.player(found, () => [...document.querySelectorAll('.figure')], (at) => window.dash_clientside.set_props('at', { data: at }));
    atlas.film(JSON.parse(found.dataset.epochs || '[]'), found.dataset.at || '');
  }
  atlas.readyPlayer = begin;
})();
