/* Finds cards of the gallery by any words of what they tell. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const FIELD = '.find input';
  const plain = (text) => text.toLowerCase().normalize('NFKD').replace(/[^a-z0-9.]+/g, ' ');

  /* Whether each word begins a word of what a card tells. */
  const fits = (card, words) => words.every((word) => ` ${plain(card.dataset.find || card.textContent)}`.includes(` ${word}`));

  function find(field) {
    const words = plain(field.value).split(' ').filter(Boolean);
    let found = 0;
    field.closest('.side-body').querySelectorAll('.cards .card').forEach((card) => {
      const fit = fits(card, words);
      card.closest('.cards > *').hidden = !fit;
      found += fit;
    });
    document.querySelector('.found-none').hidden = found > 0 || !words.length;
  }

  atlas.find = () => {
    const field = document.querySelector(FIELD);
    if (!field) return;
    atlas.showSide('rail');
    field.focus();
    field.select();
  };

  document.addEventListener('input', ({ target }) => { if (target.matches(FIELD)) find(target); });
})();
