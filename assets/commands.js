/* The dialog with the commands that compute what stands on the page. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const dialog = () => document.getElementById('commands');

  const made = (name, words, more = {}) => Object.assign(document.createElement(name), { textContent: words, ...more });

  function row({ title, line, sentence }) {
    const section = made('section', '');
    section.append(made('h3', title));
    if (!line) return section.append(made('p', sentence, { className: 'meta' })), section;
    const copy = made('button', 'Copy', { className: 'quiet wide' });
    copy.setAttribute('aria-label', `Copy the command for ${title}`);
    copy.addEventListener('click', async () => {
      copy.textContent = await atlas.copy(line).then(() => 'Copied', ({ message }) => message);
    });
    const text = made('pre', line, { tabIndex: 0 });
    text.setAttribute('aria-label', title);
    section.append(text, copy);
    return section;
  }

  atlas.showCommands = async () => {
    const answer = await fetch(`/api/commands?${new URLSearchParams({ link: atlas.link() })}`);
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    if (!found.length) throw new Error('A command computes what stands on the page, and nothing does: choose a network.');
    dialog().querySelector('.commands-list').replaceChildren(...found.map(row));
    dialog().showModal();
  };
})();
