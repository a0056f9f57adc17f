/* The page's address, and the scripts that callbacks name. */
(function () {
  const atlas = (window.atlas = window.atlas || {});

  const stage = () => document.getElementById('stage').dataset;

  /* The models of an address that the page wrote: it names them, but for those of the first picture (viewer/opening.py). */
  const models = (search) => new URLSearchParams(search).get('models') ?? stage().first ?? '';

  /* Where the page stands, with its models named: for what leaves the page. */
  atlas.link = () => {
    const given = new URLSearchParams(location.search);
    const more = stage().opening === 'yes' && !given.has('models') ? [`models=${stage().first}`] : [];
    const search = [...more, location.search.slice(1)].filter(Boolean).join('&');
    return location.pathname + (search ? `?${search}` : '');
  };

  const LEFT = 'atlas.left'; // where a page was left, by its path

  /* Every page's tab leads to where that page was left in this window. */
  function tabs() {
    document.querySelectorAll('.page-tab').forEach((tab) => {
      tab.search = sessionStorage.getItem(`${LEFT}.${tab.pathname}`) || '';
    });
  }

  function leave(search) {
    sessionStorage.setItem(`${LEFT}.${location.pathname}`, search);
    tabs();
  }

  let restored = true; // until the address that was opened, or gone back to, has been written as the page would

  /* Opening or closing a model is a step one can go back; a slider is not, nor is a link written otherwise. */
  function address(plain) {
    const query = atlas.withView(plain);
    const search = query ? `?${query}` : '';
    const same = restored || models(search) === models(location.search);
    restored = false;
    leave(search);
    if (search === location.search) return;
    const way = same ? 'replaceState' : 'pushState';
    history[way](null, '', location.pathname + search);
  }

  /* Writes an address in the place of the present one. */
  atlas.replaced = (search) => {
    leave(search);
    if (search !== location.search) history.replaceState(null, '', location.pathname + search);
  };

  function begin(tab) {
    atlas.listen(tab);
    leave(location.search);
    addEventListener('popstate', () => {
      restored = true;
      dash_clientside.set_props('search', { data: location.search });
    });
    atlas.readyRails();
    return location.search;
  }

  function save() {
    const { triggered_id: entry, states_list: [papers] } = dash_clientside.callback_context;
    if (!entry) return;
    const mine = papers.filter(({ id }) => id.slot === entry.slot).map(({ id, value }) => [id.paper, value]);
    atlas.save(entry.slot, entry.export, Object.fromEntries(mine));
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    atlas: { begin, address, save, resetView: () => { atlas.reset(); }, panels: (...heard) => atlas.panels(...heard), mark: (...heard) => atlas.mark(...heard), choose: (...heard) => atlas.choose(...heard), chooseTrainings: (...heard) => atlas.chooseTrainings(...heard), pick: (...heard) => atlas.pick(...heard), exchange: (...heard) => atlas.exchange(...heard), findRange: (clicks) => atlas.findRange(clicks), openAdding: () => { dash_clientside.set_props('adding', { opened: true }); }, goTo: ({ address }) => { if (address) location.assign(address); }, showSeeds: () => dash_clientside.set_props('view', { value: 'seeds' }) },
  });
})();
