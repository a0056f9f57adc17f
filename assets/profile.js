/* The Profile page: the numbers below each chart, one cursor for all of them, and the way back from a zoom. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const page = () => document.querySelector('.stage.profile');
  const drawn = () => [...document.querySelectorAll('.profile .panel:not([hidden]) .figure')].filter((node) => node._fullLayout);
  const make = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text, ...attributes });
  const FEW = 6; // kinds of curve that one line tells of
  const linked = new WeakSet(); // the ears of charts, new ones whenever a chart is drawn afresh
  let linking = false;

  const spread = (deviation) => (deviation ? ` ± ${atlas.number(deviation, 2)}` : ''); // of several directions
  const short = ({ value, deviation, unit, going }) => (going ? '…' : value === null ? '—' : `${atlas.number(value)}${spread(deviation)}${unit ? ` ${unit}` : ''}`);

  /* A table with a row for each number and a column for each kind of curve. */
  function table(columns) {
    const head = make('tr', '');
    head.append(make('th', ''), ...columns.map(({ name }) => make('th', name, { scope: 'col' })));
    const rows = columns[0].readings.map(({ name, note }, index) => {
      const row = make('tr', '');
      row.append(make('th', name, { scope: 'row', title: note }), ...columns.map(({ readings }) => make('td', short(readings[index]))));
      return row;
    });
    const found = make('table', '');
    found.append(head, ...rows);
    return found;
  }

  /* The number that says most about a line, of every kind of curve. */
  function headline(columns) {
    const told = columns[0].readings.findIndex(({ name }) => name === 'Barrier');
    const at = told < 0 ? columns[0].readings.findIndex(({ name }) => name.startsWith('Sharpness')) : told;
    const each = columns.slice(0, FEW).map(({ name, readings }) => `${short(readings[at])} ${name}`);
    return `${columns[0].readings[at].name}: ${each.join('; ')}${columns.length > FEW ? ' …' : ''}`;
  }

  function tell(node) {
    const { columns: told = [], gaps = 0, state } = node.layout.meta;
    const columns = told.map((each) => ({ ...each, readings: each.readings.map((one) => ({ ...one, going: state === 'running' })) }));
    const place = node.closest('.panel').querySelector('.readings');
    const lost = gaps ? [make('p', `${atlas.fixed(gaps)} losses are NaN or infinite, and left out`, { className: 'gaps' })] : [];
    place.toggleAttribute('data-empty', !columns.length);
    if (!columns.length) return;
    const summary = place.querySelector('summary');
    summary.textContent = summary.title = headline(columns); // where it has no room
    place.querySelector('.table').replaceChildren(table(columns), ...lost);
  }

  /* The same place on the other charts of lines. */
  function link(node) {
    linked.add(node.on);
    node.on('plotly_hover', ({ xvals }) => {
      if (linking || !xvals || node.dataset.linked === 'no') return;
      linking = true;
      const others = drawn().filter((other) => other !== node && alike(node, other));
      others.forEach((other) => window.Plotly.Fx.hover(other, { xval: xvals[0] }, ['xy']));
      linking = false;
    });
    node.on('plotly_unhover', () => drawn().filter((other) => other !== node).forEach((other) => window.Plotly.Fx.unhover(other)));
  }

  const runOf = (name) => name.split('@')[0]; // a model may be named RUN@EPOCH

  /* The networks with those at other epochs that were picked; the last epoch is the run itself. What the page fills in changes nothing. */
  atlas.pick = (picked, epochs, runs, models) => {
    const found = [...models];
    const heard = dash_clientside.callback_context.triggered.map(({ prop_id }) => JSON.parse(prop_id.slice(0, prop_id.lastIndexOf('.'))).slot);
    heard.forEach((slot) => {
      const [run, known] = [runs[slot], epochs[slot].map(({ value }) => value)];
      const at = runOf(models[slot] || '') === run ? slot : models.map(runOf).indexOf(run); // it may just have moved
      if (at >= 0 && known.includes(picked[slot])) found[at] = picked[slot] === known.at(-1) ? run : `${run}@${picked[slot]}`;
    });
    return String(found) === String(models) ? dash_clientside.no_update : [...new Set(found)];
  };

  /* The first two networks the other way round. */
  atlas.exchange = (_clicks, models) => [...models.slice(0, 2).reverse(), ...models.slice(2)];

  const title = (node) => ((node.layout.xaxis || {}).title || {}).text;
  const alike = (one, other) => title(one) === title(other);

  function reset() {
    drawn().forEach((node) => window.Plotly.relayout(node, structuredClone(node.layout.meta.view || {})));
  }

  function news(records) {
    new Set(records.map(({ target }) => target)).forEach((node) => {
      if (!node.layout || !node.closest('.panel')) return;
      tell(node);
      if (!linked.has(node.on)) link(node);
    });
  }

  function begin() {
    if (!page()) return setTimeout(begin, 100);
    new MutationObserver(news).observe(page(), { subtree: true, attributeFilter: ['data-version'] });
    document.addEventListener('click', ({ target }) => { if (target.closest('#reset-view')) reset(); });
  }

  if (location.pathname.startsWith('/profile')) begin();
})();
