/* Loads plotly.js when a figure first needs it, or else when the page has nothing more to do: blocks need none, and it
   takes as long to start as all of the page. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const WAIT = 300; // ms between two looks whether the first figure is there
  const PATIENCE = 5000; // ms after which it is loaded anyway
  let loading = null;

  /* A promise of window.Plotly; rejected, and tried anew by the next call, where it did not come. */
  atlas.plotly = () => {
    loading = loading || new Promise((done, failed) => {
      const address = document.getElementById('plotly').href;
      document.head.append(Object.assign(document.createElement('script'), { src: address, onload: () => done(window.Plotly), onerror: failed }));
    });
    loading.catch(() => { loading = null; });
    return loading;
  };

  function prepare() {
    if (!atlas.drawings && performance.now() < PATIENCE) setTimeout(prepare, WAIT);
    else (window.requestIdleCallback || setTimeout)(() => atlas.plotly().catch(() => {})); // who needs it says so
  }

  addEventListener('load', prepare);
})();
