/* Loads the scripts that draw when they are first needed. plotly.js comes, too, when the page has nothing more to do: blocks
   need none, and it takes as long to start as all of the page. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const WAIT = 300; // ms between two looks whether the first figure is there
  const PATIENCE = 5000; // ms after which it is loaded anyway
  const loading = new Map(); // address -> a promise of its script

  /* A promise that a script has run; rejected, and tried anew by the next call, where it did not come. */
  atlas.loadScript = (src) => {
    if (!loading.has(src)) {
      loading.set(src, new Promise((onload, onerror) => {
        document.head.append(Object.assign(document.createElement('script'), { src, onload, onerror }));
      }));
      loading.get(src).catch(() => loading.delete(src));
    }
    return loading.get(src);
  };

  /* A promise of window.Plotly. */
  atlas.plotly = async () => {
    if (!window.Plotly) await atlas.loadScript(document.getElementById('plotly').href);
    return window.Plotly;
  };

  function prepare() {
    if (!atlas.drawings && performance.now() < PATIENCE) setTimeout(prepare, WAIT);
    else (window.requestIdleCallback || setTimeout)(() => atlas.plotly().then(atlas.redraw, () => {})); // a figure that needs it says so
  }

  addEventListener('load', prepare);
})();
