/* Which models are chosen, in which order, and one of their panels alone. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const PANEL = '.panel:not([hidden])';
  let recent = []; // runs in the order of their opening, oldest first
  let dragged = null;
  let left = null; // the slot and the run of a panel that is being closed, until its neighbour has the focus

  const stage = () => document.getElementById('stage').dataset;

  const runOf = (name) => name.split('@')[0]; // a model may be named RUN@EPOCH
  const close = (names, run) => names.filter((other) => runOf(other) !== run);

  /* Chooses a model, in place of the one chosen longest ago where there is no room. */
  function open(names, run, room) {
    const runs = names.map(runOf);
    recent = [...recent.filter((other) => runs.includes(other)), ...runs.filter((other) => !recent.includes(other)), run];
    return names.length < room ? [...names, run] : names.with(runs.indexOf(recent[0]), run);
  }

  /* What must be the same for two runs to stand together, where their cards name it. */
  function kind(run) {
    const card = [...document.querySelectorAll('.card[data-kind]')].find(({ dataset }) => dataset.run === run);
    return stage().view === 'apart' || !card ? '' : card.dataset.kind;
  }

  /* The chosen models after a click on one: away with it, at whatever epoch, or with it and without those of another kind. */
  atlas.chosen = (names, run, room) => {
    if (names.some((other) => runOf(other) === run)) return close(names, run);
    return open(names.filter((other) => kind(runOf(other)) === kind(run)), run, room);
  };

  /* What was clicked; cards that have just come were not. */
  const cause = () => dash_clientside.callback_context.triggered.find(({ value }) => value);
  const partsOf = ({ prop_id }) => JSON.parse(prop_id.slice(0, prop_id.lastIndexOf('.')));

  /* The chosen models after a click on a card of a page without panels of its own for each. */
  atlas.choose = (_cards, names) => {
    const click = cause();
    const { room } = stage();
    return click ? atlas.chosen(names || [], partsOf(click).card, Number(room)) : dash_clientside.no_update;
  };

  /* What marks the cards, as chosen or not, and with the places of those that are, where cards tell them. */
  atlas.mark = (names, cards) => {
    const places = cards.map(({ card }) => (names || []).map(runOf).indexOf(card));
    const pressed = places.map((place) => String(place >= 0));
    const placed = Array.isArray(dash_clientside.callback_context.outputs_list[0]); // two lists are asked for, not one
    return placed ? [pressed, places.map((place) => (place < 0 ? '' : String(place)))] : pressed;
  };

  /* The same, and what goes with other training runs: the checkpoints that span the plane, and the part of it in view. */
  atlas.chooseTrainings = (...heard) => (cause() ? [atlas.choose(...heard), [], null] : Array(3).fill(dash_clientside.no_update));

  const place = (runs, { move, slot }) => (runs.includes(move) ? close(runs, move).toSpliced(slot, 0, move) : runs);

  /* What models come beside: those that are open, or nothing where they replace the picture that the page opened with. */
  const beside = (runs, opening, coming) => (opening && coming.some((run) => !runs.includes(run)) ? [] : runs);

  /* What is wished from elsewhere: none, or models to be open, one to be closed, one to be moved to another slot. */
  function grant(runs, wish, room) {
    if (wish.none) return [];
    const more = (wish.open || []).reduce((now, run) => (now.includes(run) ? now : open(now, run, room)), runs);
    return place(close(more, wish.close), wish);
  }

  /* The models with panels, after a click on a card or on a panel's close button, or a wish. */
  function wanted(click, wish, runs, opening, shown) {
    if (click.prop_id === 'wish.data') return grant(beside(runs, opening, wish.open || []), wish, shown.length);
    const { card, slot } = partsOf(click);
    if (!card) left = { slot, run: shown[slot] };
    return atlas.chosen(beside(runs, opening, card ? [card] : []), card || shown[slot], shown.length);
  }

  /* And whether they are still those that the page opened with. */
  atlas.panels = (_cards, _closers, wish, runs, opening, shown) => {
    const click = cause();
    if (!click) return [dash_clientside.no_update, dash_clientside.no_update];
    const next = shared(runs, wanted(click, wish, runs, opening, shown));
    return [next, opening && String(next) === String(runs)];
  };

  /* The models as they are to be; a panel that has the stage to itself shares it with one that comes, and leaves none behind. */
  function shared(before, runs) {
    const alone = stage().solo === 'yes' && document.querySelector(PANEL)?.dataset.run;
    if (alone && (!runs.includes(alone) || runs.some((run) => !before.includes(run)))) dash_clientside.set_props('solo', { data: '' });
    return runs;
  }

  const move = (run, slot) => dash_clientside.set_props('wish', { data: { move: run, slot, at: Date.now() } });

  /* Where a panel was closed, the next one has the keyboard's focus, or the first card. */
  function refocus() {
    const open = [...document.querySelectorAll(PANEL)];
    if (!left || open.some(({ dataset }) => dataset.run === left.run)) return;
    const next = open[Math.min(left.slot, open.length - 1)] || document.querySelector('.card');
    if (next) next.focus({ preventScroll: true });
    left = null;
  }

  /* Called whenever the panels change. */
  atlas.arrange = () => {
    const alone = stage().solo === 'yes';
    refocus();
    document.querySelectorAll('.solo').forEach((button) => button.setAttribute('aria-pressed', String(alone)));
    document.querySelectorAll('.panel-head').forEach((head) => { head.draggable = !alone; });
  };

  atlas.solo = (panel) => {
    const alone = stage().solo === 'yes';
    dash_clientside.set_props('solo', { data: alone ? '' : panel.dataset.run });
  };

  document.addEventListener('click', ({ target }) => {
    const offer = target.closest('[data-wish]');
    if (offer) dash_clientside.set_props('wish', { data: { open: offer.dataset.wish.split(','), at: Date.now() } });
    if (target.closest('.choose-others')) dash_clientside.set_props('wish', { data: { none: true, at: Date.now() } });
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
