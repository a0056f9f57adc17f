/* The rails: beside the stage where there is room, folded away or not as they were left, else drawers that slide over it. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const root = document.documentElement;
  const FOLDED = 'atlas.folded';
  const BESIDE = { rail: matchMedia('(min-width: 62em)'), controls: matchMedia('(min-width: 75em)') }; // as assets/rails.css has it
  const SIDES = Object.keys(BESIDE);
  const FIRST = ':is(button:not(.add), input, [tabindex="0"])';

  const isBeside = (side) => BESIDE[side].matches;
  const folded = () => (root.dataset.folded || '').split(' ').filter((side) => side in BESIDE);
  const isShown = (side) => (isBeside(side) ? !folded().includes(side) : root.dataset.drawer === side);

  function write(name, value) {
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
  }

  /* What the buttons say of themselves; called whenever a rail may have come or gone. */
  function describe() {
    SIDES.forEach((side) => document.getElementById(`${side}-button`)?.setAttribute('aria-expanded', String(isShown(side))));
  }

  function fold(side, away) {
    const others = folded().filter((other) => other !== side);
    write('folded', (away ? [...others, side] : others).join(' '));
    localStorage.setItem(FOLDED, root.dataset.folded || '');
    describe();
  }

  const enter = (side) => document.querySelector(`#${side} ${FIRST}`)?.focus({ preventScroll: true });

  function drawer(side) {
    const before = root.dataset.drawer;
    write('drawer', side);
    describe();
    if (side) enter(side);
    else if (before) document.getElementById(`${before}-button`).focus({ preventScroll: true });
  }

  /* Shows a rail, by whatever way the window has room for, and gives it the focus. */
  atlas.showSide = (side) => {
    if (!isBeside(side)) return drawer(side);
    fold(side, false);
    enter(side);
  };

  function pressed({ target }) {
    const opener = target.closest('[data-opens]');
    const button = target.closest('[aria-controls="rail"], [aria-controls="controls"]');
    const side = button && button.getAttribute('aria-controls');
    if (opener) return atlas.showSide(opener.dataset.opens);
    if (side && isBeside(side)) return fold(side, isShown(side));
    if (side) return drawer(isShown(side) ? null : side);
    const inside = root.dataset.drawer && target.closest('.side');
    if (root.dataset.drawer && (!inside || target.closest('.card')) && !target.closest('[data-portal]')) drawer(null);
  }

  write('folded', localStorage.getItem(FOLDED)); // before the first paint, so that nothing moves
  SIDES.forEach((side) => BESIDE[side].addEventListener('change', () => {
    if (isBeside(side) && root.dataset.drawer === side) write('drawer', null);
    describe();
  }));

  /* Called once, when the page is there. */
  atlas.readyRails = () => {
    describe();
    document.addEventListener('click', pressed);
    document.addEventListener('keydown', ({ key, target }) => {
      if (key === 'Escape' && root.dataset.drawer && !target.closest('[data-portal], dialog')) drawer(null);
    });
  };
})();
