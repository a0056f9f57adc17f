/** What a figure of Python says, as plain numbers: the block shows it and decides nothing. */

const decoded = new WeakMap(); // a typed array as it came -> its numbers

/** The numbers of a typed array as plotly spells it, or of a list in which null stands for absent. */
export function numbers(spec) {
  if (Array.isArray(spec)) return Float32Array.from(spec, (value) => (value === null ? NaN : value));
  if (!decoded.has(spec)) {
    const bytes = Uint8Array.from(atob(spec.bdata), (letter) => letter.charCodeAt(0));
    decoded.set(spec, new Float32Array(bytes.buffer));
  }
  return decoded.get(spec);
}

/** Into how many parts lines divide the way between two ends; into none where they lie beyond it. */
const between = ({ start, size }, low, high) => (start > high ? 0 : (high - low) / size);

/** The parts of a figure that a block is made of; null where there is no surface to draw. */
export function readFigure({ data, layout }) {
  const [sheet, ...others] = data;
  if (!sheet || sheet.type !== 'surface' || sheet.visible === false) return null;
  const { limits, bar } = layout.meta;
  const [x, y] = [numbers(sheet.x), numbers(sheet.y)];
  const z = numbers(sheet.meta.eased || sheet.z);
  const [low, high] = limits;
  const share = Float32Array.from(z, (height) => Math.min((height - low) / (high - low), 2.5));
  const capped = Boolean(sheet.meta.eased) && share.some((height) => height > 1);
  const place = sheet.surfacecolor && numbers(sheet.surfacecolor);
  const known = Float32Array.from(share, (_, i) => (place ? Number(place[i] > 0.5) : 1));
  const { x: width, y: depth } = layout.scene.aspectratio;
  return {
    x, y, n: x.length, m: y.length, share, known, capped, width: 2 * width, depth: 2 * depth,
    lines: between(sheet.contours.z, low, high), grid: [between(sheet.contours.x, x[0], x[x.length - 1]), between(sheet.contours.y, y[0], y[y.length - 1])], colours: bar.colours, bar, scene: layout.scene, limits: [low, high],
    marks: others.filter((trace) => trace.type === 'scatter3d'), every: sheet.meta.every,
  };
}
