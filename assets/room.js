/* Room for the stage: sides that fold away in wide windows, and a presentation without sides and bars. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const root = document.documentElement;
  const WIDE = { rail: matchMedia('(min-width: 62em)'), controls: matchMedia('(min-width: 75em)') }; // where viewer/shell.py sets them beside the stage
  const folded = (name) => root.hasAttribute(`data-folded-${name}`);

  /* Whether a side stands beside the stage, folded or not; else it slides in over it. */
  atlas.isBeside = (name) => WIDE[name].matches;

  /* Folds a side, or unfolds it. */
  atlas.fold = (name, away = !folded(name)) => {
    root.toggleAttribute(`data-folded-${name}`, away);
    atlas.tellSides();
  };

  /* Tells the sides' buttons whether they are there. */
  atlas.tellSides = () => Object.keys(WIDE).forEach((name) => {
    const there = atlas.isBeside(name) ? !folded(name) : root.dataset.drawer === name;
    document.getElementById(`${name}-button`)?.setAttribute('aria-expanded', String(there));
  });

  /* Fills the screen with the stage, or ends that. */
  atlas.present = (begins = !root.hasAttribute('data-presenting')) => {
    root.toggleAttribute('data-presenting', begins);
    if (begins) root.requestFullscreen?.().catch(() => {}); // a browser may refuse: the window is filled all the same
    else if (document.fullscreenElement) document.exitFullscreen();
  };

  Object.values(WIDE).forEach((query) => query.addEventListener('change', atlas.tellSides));
  document.addEventListener('fullscreenchange', () => { if (!document.fullscreenElement) atlas.present(false); });
  document.addEventListener('keydown', ({ key, target }) => {
    if (key === 'Escape' && !target.closest('[data-portal], dialog')) atlas.present(false);
  });
})();
