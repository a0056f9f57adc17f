/* Takes files in: dropped anywhere on any page, or chosen with a button. */
(function () {
  const ENDINGS = '.h5,.hdf5,.mat,.npz,.npy,.csv,.tsv,.txt,.dat,.safetensors,.pt,.pth,.th,.bin,.ckpt';
  const BUTTONS = '#add, #adding-drop'; // those that ask for files
  const PLACES = '#add, #adding-drop, #add-model'; // those that say what is being read
  const holdsFiles = (event) => [...((event.dataTransfer || {}).types || [])].includes('Files');
  const limit = () => Number(document.getElementById('add-model').dataset.limit);
  const resting = new WeakMap(); // what a place says while nothing is read
  let before = Promise.resolve(); // files that were dropped earlier

  function say(text) {
    document.querySelectorAll(PLACES).forEach((place) => {
      const words = place.querySelector('[role="status"], .add-words');
      if (!resting.has(words)) resting.set(words, words.textContent);
      words.textContent = text || resting.get(words);
      place.setAttribute('aria-busy', String(Boolean(text)));
    });
  }

  async function send(file) {
    if (file.size > limit()) return { error: `A file should have at most ${limit() / 2 ** 20} MiB, ${file.name} has more: raise --upload-mib, or use --study.` };
    try {
      const address = `/api/import?name=${encodeURIComponent(file.name)}`;
      const answer = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream' }, body: file });
      return await answer.json();
    } catch (problem) {
      return { error: `${file.name} should have reached the server, it did not (${problem.message}): look whether it runs, then try again.` };
    }
  }

  async function take(files, answers = []) {
    for (const file of files) {
      say(`Reading ${file.name}`);
      answers.push(await send(file));
    }
    say('');
    const [runs, problems, uploads, data] = ['run', 'error', 'upload', 'data'].map((key) => answers.map((answer) => answer[key]).filter(Boolean));
    if (answers.length) dash_clientside.set_props('added', { data: { runs, problems, uploads, data, at: Date.now() } });
  }

  /* One drop after another, for each changes what the next one finds. */
  function enqueue(files, answers) {
    before = before.then(() => take(files, answers));
  }

  function choose() {
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, accept: ENDINGS });
    input.addEventListener('change', () => enqueue([...input.files]));
    input.click();
  }

  function dropped({ items, files }) {
    const folders = [...items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter((entry) => entry && entry.isDirectory).map(({ name }) => name);
    const problems = folders.map((name) => ({ error: `The page takes files, ${name} is a folder: drop a file of weights out of it; put images as NAME/train/CLASS/ into the folder of data sets (data/datasets, or --datasets-dir).` }));
    enqueue([...files].filter(({ name }) => !folders.includes(name)), problems);
  }

  function over(event, shown) {
    if (!holdsFiles(event)) return;
    event.preventDefault(); // else the browser would leave the page for the file
    [document.documentElement, ...document.querySelectorAll(`${BUTTONS}, .drop-here`)].forEach((place) => place.toggleAttribute('data-over', shown));
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
  document.addEventListener('click', (event) => { if (event.target.closest(BUTTONS)) choose(); });
  document.addEventListener('click', (event) => { if (event.target.closest('.drop-here')) document.getElementById('add-model').click(); });
  document.addEventListener('dragover', (event) => over(event, true));
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) over(event, false); });
  document.addEventListener('drop', (event) => {
    if (!holdsFiles(event)) return;
    over(event, false);
    dropped(event.dataTransfer);
  });
})();
