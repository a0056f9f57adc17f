/* The order of the panels, and one of them alone. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const PANEL = '.panel:not([hidden])';
  let dragged = null;

  const move = (run, slot) => dash_clientside.set_props('moved', { data: { run, slot, at: Date.now() } });

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
