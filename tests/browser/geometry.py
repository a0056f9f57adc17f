"""What stands where on a page: which words and controls run into one another, are cut off, or leave the window."""

from pathlib import Path

SETTLED = """() => {
  const { stored, completed, callbacks, ...waiting } = window.store.getState().callbacks;
  if (Object.values(waiting).some((some) => some.length)) return false;
  const figures = [...document.querySelectorAll('.figure')].filter((figure) => figure.getClientRects().length);
  const drawn = figures.filter((figure) => figure.clientWidth && atlas.figureUrl(figure)).every((figure) => (
    figure.dataset.url && decodeURI(figure.dataset.url) === decodeURI(atlas.figureUrl(figure))));
  const panels = [...document.querySelectorAll('.panel:not([hidden])')].filter(({ dataset }) => dataset.survey);
  return drawn && panels.every(({ dataset }) => ['done', 'failed'].includes(dataset.state));
}"""
"""Whether no callback is under way, and every figure on screen is drawn for the room that it has."""

FAULTS = Path(__file__).with_suffix(".js").read_text()
"""A function of no argument: what is wrong with the page as it stands, each fault in a line."""
