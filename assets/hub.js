/* One event stream for all tabs of a browser: runs as a shared worker, or in one tab where there is none. */
(function () {
  const PING = 15000; // ms between two questions whether a tab is still there
  const GONE = 3 * PING; // ms without an answer after which it was closed
  const POLL = 5000; // ms between two polls while the server opens no stream for this browser
  const REST = 20000; // ms between two reports while no tab is on screen
  const DROWSE = 2000; // ms without a tab on screen after which the stream is closed
  const MOST = 512; // surveys whose progress is kept
  const TOGETHER = 50; // ms in which changes of the tabs become one report

  /* Serves the tabs that write to the channel `name`; each is answered on a channel of its own. */
  function startHub(name) {
    const browser = `${name}.${Date.now().toString(36)}.${Math.random().toString(36).slice(2)}`;
    const desk = new BroadcastChannel(name);
    const tabs = new Map(); // name -> its channel, whether it is on screen, when it was last heard of
    const news = new Map(); // survey -> its latest progress
    let source = null; // the stream; null while polling or at rest
    let polling = false; // the server refused a stream
    let lost = false; // the server does not answer
    let reason = ''; // what it says instead, as a sentence
    let introduced = false; // the server knew this browser
    let whole = false; // the next news are everything
    let current = false; // the news are complete
    let slow = ''; // why this browser polls, as a sentence
    let store = null; // why the server cannot keep results, as a sentence
    let version = -1; // of the last poll
    let underway = false; // a report is
    let changed = false; // something has since it was sent
    let reporting = 0;
    let resting = 0;
    let drowsing = 0;

    const visible = () => [...tabs.values()].some((tab) => tab.visible);
    const post = (message, all = false) => tabs.forEach((tab) => { if (all || tab.visible) tab.channel.postMessage(message); });

    const keep = (progress) => {
      news.delete(progress.survey); // the newest are the last
      news.set(progress.survey, progress);
      if (news.size > MOST) news.delete(news.keys().next().value);
    };

    function take(batch, all, why) {
      if (all) news.clear();
      batch.forEach(keep);
      const back = lost;
      lost = false;
      current = current || all;
      slow = why;
      post({ news: batch, whole: all, slow, store });
      if (back) post({ back: true }, true);
    }

    function lose(why = '') {
      lost = true;
      reason = why;
      introduced = false;
      post({ lost: true, reason }, true);
    }

    function connect() {
      polling = false;
      whole = true;
      source = new EventSource(`/api/stream?browser=${browser}`);
      source.onmessage = ({ data }) => {
        if (whole) store = null; // the server says it again where it still holds
        take(JSON.parse(data), whole, '');
        whole = false;
      };
      source.addEventListener('store', ({ data }) => {
        store = JSON.parse(data);
        take([], false, '');
      });
      source.onopen = () => report();
      source.onerror = () => {
        whole = true;
        if (source.readyState !== EventSource.CLOSED) return lose();
        source = null; // refused, not lost: the answer to a poll says why
        polling = true;
        version = -1;
        report();
      };
    }

    function disconnect() {
      if (source) source.close();
      source = null;
    }

    /* Tells the server which tabs there are; while there is no stream the answer brings the news. */
    async function report() {
      changed = true;
      if (underway) return; // one after the other, or an older one might arrive last
      underway = true;
      while (changed) await send();
      underway = false;
      again();
    }

    async function send() {
      changed = false;
      clearTimeout(reporting);
      clearTimeout(resting);
      const since = polling && visible() ? version : null;
      const told = Object.fromEntries([...tabs].map(([tab, { visible: shown }]) => [tab, shown]));
      try {
        const answer = await fetch('/api/tabs', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ browser, tabs: told, since }) });
        if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error);
        const found = await answer.json();
        if (introduced && !found.known && tabs.size) post({ back: true }, true); // another server, or it forgot while all slept
        introduced = tabs.size > 0;
        if (since !== null && polling) {
          store = found.store;
          take(found.news, version === -1 || found.version < version, found.slow || '');
          version = found.version;
        } else if (!source && lost) take([], false, slow);
      } catch (problem) {
        if (!source && tabs.size) lose(problem instanceof TypeError ? '' : problem.message); // no server answered, else it refused
      }
    }

    function again() {
      clearTimeout(resting);
      if (source) return;
      if (polling && visible()) resting = setTimeout(slow || lost ? report : connect, POLL);
      else if (tabs.size) resting = setTimeout(report, REST);
    }

    /* Opens the stream for who looks, closes it when nobody does. */
    function settle() {
      clearTimeout(drowsing);
      if (!visible()) drowsing = setTimeout(() => { disconnect(); polling = false; again(); }, DROWSE);
      else if (!source && !polling) connect();
      clearTimeout(reporting);
      reporting = setTimeout(report, TOGETHER);
    }

    function drop(name) {
      const tab = tabs.get(name);
      if (!tab) return;
      tab.channel.close();
      tabs.delete(name);
      settle();
    }

    desk.onmessage = ({ data: { tab: name, visible: shown, leaving } }) => {
      if (!name) return;
      if (leaving) return drop(name);
      const before = tabs.get(name);
      const tab = before || { channel: new BroadcastChannel(`${name}.inbox`) };
      const same = before && before.visible === shown;
      tabs.set(name, Object.assign(tab, { visible: shown, heard: Date.now() }));
      if (!before) tab.channel.postMessage({ welcome: true });
      if (same) return;
      if (lost) tab.channel.postMessage({ lost: true, reason });
      else if (shown && current) tab.channel.postMessage({ news: [...news.values()], whole: true, slow, store });
      settle();
    };

    setInterval(() => {
      const now = Date.now();
      [...tabs].filter(([, { heard }]) => now - heard > GONE).forEach(([name]) => drop(name));
      post({ ping: true }, true);
    }, PING);
    desk.postMessage({ ready: true });
  }

  self.startHub = startHub;
  if (typeof SharedWorkerGlobalScope !== 'undefined' && self instanceof SharedWorkerGlobalScope) startHub(self.name);
})();
