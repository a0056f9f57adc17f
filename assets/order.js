/* Which models have panels, in which order, and one of them alone. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const PANEL = '.panel:not([hidden])';
  let recent = []; // runs in the order of their opening, oldest first
  let dragged = null;

  const close = (runs, run) => runs.filter((other) => other !== run);

  /* Opens a model, in place of the one opened longest ago where there is no room. */
  function open(runs, run, room) {
    recent = [...recent.filter((other) => runs.includes(other)), ...runs.filter((other) => !recent.includes(other)), run];
    return runs.length < room ? [...runs, run] : runs.map((other) => (other === recent[0] ? run : other));
  }

  const place = (runs, { move, slot }) => (runs.includes(move) ? close(runs, move).toSpliced(slot, 0, move) : runs);

  /* What is wished from elsewhere: models to be open, one to be closed, one to be moved to another slot. */
  function grant(runs, wish, room) {
    const more = (wish.open || []).reduce((now, run) => (now.includes(run) ? now : open(now, run, room)), runs);
    return place(close(more, wish.close), wish);
  }

  /* The models with panels, after a click on a card or on a panel's close button, or a wish. */
  atlas.panels = (_cards, _closers, wish, runs, shown) => {
    const cause = dash_clientside.callback_context.triggered.find(({ value }) => value); // cards that have just come have none
    if (!cause) return dash_clientside.no_update;
    if (cause.prop_id === 'wish.data') return grant(runs, wish, shown.length);
    const { card, slot } = JSON.parse(cause.prop_id.slice(0, cause.prop_id.lastIndexOf('.')));
    const run = card || shown[slot];
    return runs.includes(run) ? close(runs, run) : open(runs, run, shown.length);
  };

  const move = (run, slot) => dash_clientside.set_props('wish', { data: { move: run, slot, at: Date.now() } });

  /* Called whenever the panels change. */
  atlas.arrange = () => {
    const alone = document.getElementById('stage').dataset.solo === 'yes';
    document.querySelectorAll('.solo').forEach((button) => button.setAttribute('aria-pressed', String(alone)));
    document.querySelectorAll('.panel-head').forEach((head) => { head.draggable = !alone; });
  };

  atlas.solo = (panel) => {
    const alone = document.getElementById('stage').dataset.solo === 'yes';
    dash_clientside.set_props('solo', { data: alone ? '' : panel.dataset.run });
  };

  document.addEventListener('click', ({ target }) => {
    const offer = target.closest('[data-wish]');
    if (offer) dash_clientside.set_props('wish', { data: { open: offer.dataset.wish.split(','), at: Date.now() } });
    const panel = target.closest('.panel');
    if (!panel) return;
    if (target.closest('.solo')) atlas.solo(panel);
    if (target.closest('.move')) move(panel.dataset.run, Number(panel.dataset.slot) - 1);
  });

  document.addEventListener('dragstart', ({ target, dataTransfer }) => {
    const head = target.closest && target.closest('.panel-head');
    dragged = head && head.closest('.panel').dataset.run;
    if (dragged) dataTransfer.setData('text/plain', dragged);
  });
  document.addEventListener('dragover', (event) => {
    if (dragged && event.target.closest(PANEL)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    const panel = dragged && event.target.closest(PANEL);
    if (!panel) return;
    event.preventDefault();
    move(dragged, Number(panel.dataset.slot));
  });
  document.addEventListener('dragend', () => { dragged = null; });
})();
