/* The dialog of printed figures: saves what it says, and writes the command that makes the same file. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const part = (name) => document.getElementById(`print-${name}`);
  const dialog = () => document.getElementById('print');
  const checked = (name) => part(name).querySelector('input:checked').value;
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

  function settings() {
    const width = checked('width');
    const inches = Number(width === 'custom' ? part('inches').value : width);
    const [points, letters] = [Number(part('points').value), part('letters').checked];
    return { print: { inches, points, letters }, ground: checked('ground'), kind: checked('kind') };
  }

  function command({ print: { inches, points, letters }, ground, kind }) {
    const flags = [letters && '--letters', ground === 'clear' && '--transparent'].filter(Boolean);
    const link = quoted(location.pathname + location.search);
    return ['python run.py export', link, `--inches ${inches}`, `--points ${points}`, ...flags, `--out ${quoted(`${atlas.fileName()}.${kind}`)}`].join(' ');
  }

  function update() {
    part('inches').closest('.mantine-NumberInput-root').hidden = checked('width') !== 'custom';
    part('command').textContent = command(settings());
  }

  function save() {
    const { print, ground, kind } = settings();
    dialog().close();
    return atlas.save('all', `${kind === 'pdf' ? 'sheet' : 'picture'}-${kind}`, { print, ground });
  }

  atlas.print = () => {
    update();
    dialog().showModal();
  };

  document.addEventListener('input', ({ target }) => { if (target.closest('#print')) update(); });
  document.addEventListener('change', ({ target }) => { if (target.closest('#print')) update(); });
  document.addEventListener('click', async ({ target }) => {
    if (target.closest('#print-save')) await save();
    if (target.closest('#print-copy')) await atlas.copy(part('command').textContent);
  });
})();
