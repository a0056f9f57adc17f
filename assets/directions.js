/* What the plane itself tells: the angle of its directions, and a range that shows the basin. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const known = new Map(); // survey -> its angle, or null while it is asked

  const panels = () => [...document.querySelectorAll('.panel')].filter((node) => node.dataset.survey && node.dataset.available); // an imported surface has no known examples

  async function ask(survey) {
    known.set(survey, null);
    const answer = await fetch(`/api/angle/${survey}`);
    if (answer.ok) known.set(survey, await answer.json());
    atlas.angles();
  }

  function sentence(panel, { cosine, expected }) {
    const chance = expected === null ? '' : `, by chance \u00b1 ${atlas.number(expected, 2)}`;
    return `${panel.querySelector('h2').textContent}: cos(δ, η) = ${atlas.number(cosine, 2)}${chance}`;
  }

  /* Called whenever the panels change. */
  atlas.angles = () => {
    const place = document.getElementById('cosine');
    if (!place) return;
    panels().forEach(({ dataset: { survey } }) => { if (!known.has(survey)) ask(survey); });
    const told = panels().filter((node) => known.get(node.dataset.survey));
    const lines = told.map((node) => sentence(node, known.get(node.dataset.survey)));
    if (place.textContent === lines.join('')) return;
    place.replaceChildren(...lines.map((text) => Object.assign(document.createElement('p'), { textContent: text })));
  };

  async function findRange() {
    const [button, told] = [document.getElementById('find-range'), document.getElementById('found-range')];
    const surveys = panels().map((node) => node.dataset.survey);
    if (!surveys.length) return;
    button.disabled = true;
    told.textContent = 'Looking from near to far \u2026';
    try {
      const answer = await (await fetch(`/api/range?surveys=${surveys}`)).json();
      told.textContent = answer.sentence || answer.error;
      if (answer.place !== undefined) dash_clientside.set_props('span', { value: answer.place });
    } catch (problem) {
      told.textContent = 'The server did not answer: try again.';
    }
    button.disabled = false;
  }

  atlas.findRange = (clicks) => { if (clicks) findRange(); };
})();
