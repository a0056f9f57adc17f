/* The dialog of printed figures: saves what it says, and writes the command that makes the same file. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const part = (name) => document.getElementById(`print-${name}`);
  const dialog = () => document.getElementById('print');
  const checked = (name) => part(name).querySelector('input:checked').value;

  function settings() {
    const width = checked('width');
    const inches = Number(width === 'custom' ? part('inches').value : width);
    const [points, letters] = [Number(part('points').value), part('letters').checked];
    return { print: { inches, points, letters }, ground: checked('ground'), kind: checked('kind') };
  }

  let asked = ''; // the address of the command that is shown next

  async function showCommand({ print: { inches, points, letters }, ground, kind }) {
    const flags = { ...(letters && { letters: 1 }), ...(ground === 'clear' && { transparent: 1 }) };
    const link = atlas.link();
    const address = `/api/commands/print?${new URLSearchParams({ link, inches, points, ...flags, out: `${atlas.fileName()}.${kind}` })}`;
    if (address === asked) return;
    asked = address;
    const said = await fetch(address).then((answer) => answer.json()).then(({ line, error }) => line || error, ({ message }) => message);
    if (address === asked) part('command').textContent = said;
  }

  function update() {
    part('inches').closest('.mantine-NumberInput-root').hidden = checked('width') !== 'custom';
    showCommand(settings());
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
