/* One legend for all panels that share their scale. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  let shown = '';

  const make = (className, text = '') => Object.assign(document.createElement('span'), { className, textContent: text });

  function ticks({ places, labels }) {
    const row = make('legend-ticks');
    labels.forEach((label, index) => {
      const tick = make('legend-tick', label);
      tick.style.left = `${100 * places[index]}%`;
      row.append(tick);
    });
    return row;
  }

  const GAP = 4; // px between two labels at least

  /* Hides the labels that would run into others: the ends stay, for they tell the range. */
  function thin() {
    const all = [...document.querySelectorAll('#legend .legend-tick')];
    const kept = [];
    [...all.slice(-1), ...all.slice(0, -1)].forEach((tick) => {
      const { left, right, width } = tick.getBoundingClientRect();
      const hit = width > 0 && kept.some((box) => left < box.right + GAP && box.left - GAP < right);
      tick.style.visibility = hit ? 'hidden' : '';
      if (!hit) kept.push({ left, right });
    });
  }
  const sizes = new ResizeObserver(thin);

  /* Draws what a figure says of its colours; null hides the legend. */
  atlas.legend = (bar) => {
    const place = document.getElementById('legend');
    const now = JSON.stringify(bar);
    if (!place || now === shown) return;
    shown = now;
    place.hidden = !bar;
    if (!bar) return place.replaceChildren();
    const scale = make('legend-scale');
    const strip = make('legend-strip');
    strip.style.background = `linear-gradient(90deg, ${bar.colours.join(', ')})`;
    scale.append(strip, ticks(bar));
    const title = make('legend-title', bar.title.replace('\n', ' · '));
    title.title = title.textContent; // where it has no room
    place.replaceChildren(title, scale);
    sizes.disconnect();
    sizes.observe(scale);
    place.setAttribute('aria-label', `Colours of the heights: ${bar.title.replace('\n', ', ')}, ${bar.labels.join(', ')}`);
  };
})();
