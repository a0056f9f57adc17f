/* The card of a network without a picture follows its surface. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const PARTS = 8; // pictures of a surface that fills in, beside the last

  async function show(image, address) {
    const answer = await fetch(address);
    if (answer.ok && image.dataset.address === address) image.src = await answer.text();
  }

  /* Called with the progress of a panel's survey, whenever there is news. */
  atlas.followed = ({ run, survey }, { state, done, share }) => {
    const card = done && document.querySelector(`.card[data-pictured="no"][data-run="${CSS.escape(run)}"]`);
    if (!card) return;
    const image = card.querySelector('.thumbnail');
    const address = `/api/thumbnail/${survey}?part=${state === 'done' ? 'all' : Math.floor(PARTS * share)}`;
    if (image.dataset.address === address) return;
    image.dataset.address = address;
    show(image, address);
  };
})();
