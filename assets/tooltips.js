/* Plotly's tooltips in the page's number format: d3 knows only the hyphen for a minus, e for powers, and no space before %. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const SUPERSCRIPTS = { '-': '⁻', '−': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };
  const raised = (power) => [...power].map((letter) => SUPERSCRIPTS[letter]).join('');

  /* A text of Plotly's as the page writes numbers. */
  atlas.withNumbers = (text) => text
    .replace(/(\d)e\+?([-−]?\d+)/g, (_, digit, power) => `${digit}·10${raised(power)}`)
    .replace(/(^|[^\p{L}\d])-(?=[\d.∞])/gu, '$1−')
    .replace(/(\d)%/g, '$1 %');

  function rewrite(node) {
    for (const label of node.querySelectorAll('.hovertext text, .hoverlayer .legendtext, .hoverlayer .legendtitletext')) {
      const texts = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const better = atlas.withNumbers(text.data);
        if (better !== text.data) text.data = better;
      }
    }
  }

  /* Called when a figure is first drawn. Not every tooltip comes with an event: those of linked charts do not. */
  atlas.tooltips = (node) => new MutationObserver(() => rewrite(node)).observe(node, { childList: true, subtree: true });
})();
