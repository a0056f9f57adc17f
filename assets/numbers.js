/* The table that compares the surfaces on screen in numbers, and which barcodes stand below it. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const PAUSE = 1000; // ms between two readings of growing surfaces
  const known = new Map(); // survey -> { version, rows }
  let timer = 0;
  let columns = ''; // whose table it is

  const make = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text, ...attributes });
  const shown = () => [...document.querySelectorAll('.panel:not([hidden])')].filter((node) => node.dataset.survey);
  const versionOf = (survey) => (atlas.news.get(survey) || { version: 0 }).version;

  /* A number that cannot be told yet is "…", one that cannot be told at all "—". */
  function written({ value, unit }, settled) {
    if (value === null) return settled ? '—' : '…';
    return [atlas.number(value), unit].filter(Boolean).join(' ');
  }

  async function read(survey) {
    const version = versionOf(survey);
    if (known.has(survey) && known.get(survey).version === version) return;
    const answer = await fetch(`/api/indicators/${survey}`);
    if (answer.ok) known.set(survey, { version, rows: await answer.json() });
  }

  function head(panels) {
    const row = make('tr', '');
    row.append(make('td', ''), ...panels.map((node) => make('th', node.querySelector('h2').textContent, { scope: 'col' })));
    return row;
  }

  const settled = (survey) => !['queued', 'running', 'paused'].includes((atlas.news.get(survey) || {}).state);

  function line(index, tables, ended) {
    const { name, note } = tables[0][index];
    const title = make('th', name, { scope: 'row' });
    title.append(make('p', note, { className: 'meta' }));
    const row = make('tr', '');
    row.append(title, ...tables.map((rows, place) => make('td', written(rows[index], ended[place]))));
    return row;
  }

  function draw(panels) {
    const found = panels.filter((node) => known.has(node.dataset.survey));
    const tables = found.map((node) => known.get(node.dataset.survey).rows);
    const ended = found.map((node) => settled(node.dataset.survey));
    const table = make('table', '');
    if (tables.length) table.append(head(found), ...tables[0].map((_, index) => line(index, tables, ended)));
    document.querySelector('#numbers .comparison').replaceChildren(table);
  }

  const put = (node, name, value) => { if (node.dataset[name] !== value) node.dataset[name] = value; };

  /* Names the surface of each barcode; assets/live.js draws it. */
  function bars(panels) {
    document.querySelectorAll('#numbers .depths').forEach((section, slot) => {
      const [panel, node] = [panels[slot], section.querySelector('.figure')];
      if (section.hidden !== !panel) section.hidden = !panel;
      const { survey = '', style = '', run = '' } = panel ? panel.dataset : {};
      const title = panel ? panel.querySelector('h2').textContent : '';
      if (section.querySelector('h3').textContent !== title) section.querySelector('h3').textContent = title;
      node.setAttribute('aria-label', `How deep the minima of ${title} are, and where they lie`);
      put(node, 'run', run);
      put(node, 'title', title);
      put(node, 'sources', survey);
      put(node, 'address', survey && `barcode/${survey}?${style}`);
    });
  }

  /* Barcodes that are out of sight name no surveys, which would count as work of this screen. */
  function leave() {
    if (columns) bars([]);
    columns = '';
  }

  /* Called when there may be news or other panels, of which the table tells at once what it knows; reads, then rests. */
  atlas.count = () => {
    if (document.getElementById('stage').dataset.view !== 'numbers') return leave();
    const before = columns;
    columns = shown().map(({ dataset: { run, survey } }) => `${run} ${survey}`).join();
    if (columns !== before) draw(shown());
    bars(shown());
    if (timer) return;
    timer = setTimeout(() => { timer = 0; if (stale()) atlas.count(); }, PAUSE);
    Promise.all(shown().map((node) => read(node.dataset.survey))).then(() => draw(shown()));
  };

  const stale = () => shown().some(({ dataset: { survey } }) => !known.has(survey) || known.get(survey).version !== versionOf(survey));
})();
