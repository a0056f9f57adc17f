/* A tab's end of the stream that all tabs of the browser share: where it runs, and what is said to it. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const DESK = 'atlas'; // the channel of the hub, and the name of its worker
  const DEAF = 20000; // ms without a hub after which the tab has one of its own
  let worker = null; // held, or it would end

  const alone = (tab) => { window.startHub(`${DESK}.${tab}`); return `${DESK}.${tab}`; };

  /* Starts the hub where it can be shared: in a worker, else in the tab that holds a lock; gives its channel. */
  function share(tab, failed) {
    try {
      if (window.SharedWorker) {
        worker = new SharedWorker('/assets/hub.js', DESK);
        worker.onerror = failed;
        return DESK;
      }
    } catch { /* a browser that forbids it */ }
    if (!navigator.locks) return alone(tab);
    navigator.locks.request(`${DESK}.hub`, () => {
      window.startHub(DESK);
      return new Promise(() => {}); // held until this tab is closed; then another has the hub
    });
    return DESK;
  }

  /* Joins the hub under a name; `heard` is called with each message. */
  atlas.join = (tab, heard) => {
    const inbox = new BroadcastChannel(`${tab}.inbox`);
    let desk = null;
    let welcome = false;
    let left = false;
    const say = (more = {}) => { if (!left) desk.postMessage({ tab, visible: !document.hidden, ...more }); };
    const use = (name) => {
      if (desk) desk.close();
      desk = new BroadcastChannel(name);
      desk.onmessage = ({ data }) => { if (data.ready) say(); };
      say();
    };
    const fallBack = () => { if (!welcome && !left) { welcome = true; use(alone(tab)); } };
    inbox.onmessage = ({ data }) => {
      if (left) return;
      if (data.welcome) welcome = true;
      if (data.ping) say();
      heard(data);
    };
    use(share(tab, fallBack));
    setTimeout(fallBack, DEAF);
    document.addEventListener('visibilitychange', () => say());
    addEventListener('pagehide', () => {
      say({ leaving: true });
      left = true;
      navigator.sendBeacon('/api/tabs/leave', JSON.stringify({ tab }));
    });
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return;
      left = false;
      say();
      heard({ back: true });
    });
  };
})();
