/* The help dialog, and the card that explains the page to whoever sees it for the first time. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SEEN = 'atlas.hint';
  const first = () => localStorage.getItem(SEEN) === null;
  const dialog = () => document.getElementById('help');

  atlas.help = () => { if (!dialog().open) dialog().showModal(); };

  function understood() {
    localStorage.setItem(SEEN, 'seen');
    delete document.documentElement.dataset.firstVisit;
    document.querySelector('.panel:not([hidden])').focus({ preventScroll: true }); // not lost with the button
  }

  document.addEventListener('click', ({ target }) => {
    if (target.closest('#help-button')) atlas.help();
    if (target.closest('#hint-close')) understood();
  });

  if (first()) document.documentElement.dataset.firstVisit = ''; // assets/help.css shows the card beside an open panel
})();
