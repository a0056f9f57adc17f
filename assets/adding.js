/* Adds models and surfaces from files: chosen with the gallery's button, or dropped anywhere on the page. */
(function () {
  const ENDINGS = '.h5,.hdf5,.mat,.npz,.npy,.csv,.tsv,.txt,.dat,.safetensors,.pt,.pth,.th,.bin,.ckpt';
  const zone = () => document.getElementById('add');
  const holdsFiles = (event) => [...((event.dataTransfer || {}).types || [])].includes('Files');
  let resting = null; // what the button says while nothing is read

  function say(text) {
    const words = zone().querySelector('.meta');
    resting = resting || words.textContent;
    words.textContent = text || resting;
    zone().setAttribute('aria-busy', String(Boolean(text)));
  }

  async function send(file) {
    const limit = Number(zone().dataset.limit);
    if (file.size > limit) return { error: `A file should have at most ${limit / 2 ** 20} MiB, ${file.name} has more: raise --upload-mib, or use --study.` };
    try {
      const address = `/api/import?name=${encodeURIComponent(file.name)}`;
      const answer = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream' }, body: file });
      return await answer.json();
    } catch (problem) {
      return { error: `${file.name} should have reached the server, it did not (${problem.message}): look whether it runs, then try again.` };
    }
  }

  async function take(files) {
    const answers = [];
    for (const file of files) {
      say(`Reading ${file.name}`);
      answers.push(await send(file));
    }
    say('');
    const [runs, problems, uploads] = ['run', 'error', 'upload'].map((key) => answers.map((answer) => answer[key]).filter(Boolean));
    if (answers.length) dash_clientside.set_props('added', { data: { runs, problems, uploads, at: Date.now() } });
  }

  function choose() {
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, accept: ENDINGS });
    input.addEventListener('change', () => take(input.files));
    input.click();
  }

  function over(event, shown) {
    if (!holdsFiles(event) || !zone()) return;
    event.preventDefault(); // else the browser would leave the page for the file
    zone().toggleAttribute('data-over', shown);
  }

  function command(event) {
    const button = event.target.closest('[data-own]');
    if (!button) return;
    if (button.dataset.own === 'measure') {
      button.textContent = 'Measuring';
      button.setAttribute('aria-busy', 'true');
    } else if (!window.confirm(button.dataset.asks)) {
      event.stopImmediatePropagation(); // React listens further down
    }
  }

  document.addEventListener('click', command, true);
  document.addEventListener('click', (event) => { if (event.target.closest('#add')) choose(); });
  document.addEventListener('dragover', (event) => over(event, true));
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) over(event, false); });
  document.addEventListener('drop', (event) => {
    if (!holdsFiles(event) || !zone()) return;
    over(event, false);
    take(event.dataTransfer.files);
  });
})();
