/* Presents what is on the stage: no rails, larger type, a caption. F begins and ends it, Escape ends it. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const root = document.documentElement;
  const RESTING = 300; // ms without another figure until the caption is asked for
  let timer = 0;
  let asked = 0; // how often a caption was asked for, so that the last one counts

  const button = () => document.getElementById('present');
  const caption = () => document.getElementById('caption');
  atlas.presenting = () => 'presenting' in root.dataset;

  function tell(text) {
    caption().textContent = text;
    caption().hidden = !text;
  }

  async function ask() {
    const mine = (asked += 1);
    const body = atlas.sheet();
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    const answer = body.parts.length ? await fetch('/api/caption', init).catch(() => null) : null;
    if (mine === asked && atlas.presenting()) tell(answer && answer.ok ? (await answer.json()).caption : '');
  }

  function wait() {
    clearTimeout(timer);
    if (atlas.presenting()) timer = setTimeout(ask, RESTING);
  }
  const drawn = new MutationObserver(wait);

  /* Begins to present, or ends it. */
  atlas.present = (on = !atlas.presenting()) => {
    if (on) root.dataset.presenting = '';
    else delete root.dataset.presenting;
    button().setAttribute('aria-pressed', String(on));
    document.querySelectorAll('.panel[data-selected]').forEach((panel) => { delete panel.dataset.selected; });
    if (on) drawn.observe(document.getElementById('stage'), { subtree: true, attributeFilter: ['data-url'] });
    else drawn.disconnect();
    tell('');
    wait();
    atlas.redraw();
  };

  document.addEventListener('click', ({ target }) => { if (target.closest('#present')) atlas.present(); });
})();
