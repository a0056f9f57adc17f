/* Says for screen readers what becomes of each panel's computation: begun, done, failed; no percentages. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const PAUSE = 400; // ms, so that what happens together is said together
  const WORDS = { running: 'computing', paused: 'paused', done: 'done', cancelled: 'cancelled', failed: 'failed' };
  const heard = new WeakMap(); // panel -> the last survey and state that were said
  const waiting = new Map(); // panel -> what is to be said
  let timer = 0;

  function say() {
    timer = 0;
    document.getElementById('announcer').textContent = [...waiting.values()].join('. ');
    waiting.clear();
  }

  /* Called with a panel's progress whenever there is news of any. */
  atlas.announce = (panel, { survey, state }) => {
    const news = `${survey} ${state}`;
    if (!(state in WORDS) || heard.get(panel) === news) return;
    heard.set(panel, news);
    waiting.set(panel, `${panel.querySelector('h2').textContent}: ${WORDS[state]}`);
    timer = timer || setTimeout(say, PAUSE);
  };
})();
