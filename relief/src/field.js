/** Numbers on a regular grid of n columns and m rows, row by row. */

/** Bilinear value at a column and a row that need not be whole, kept within the grid. */
export function sample(values, n, m, column, row) {
  const c = Math.min(Math.max(column, 0), n - 1.001);
  const r = Math.min(Math.max(row, 0), m - 1.001);
  const [i, j] = [Math.floor(c), Math.floor(r)];
  const [u, v, at] = [c - i, r - j, j * n + i];
  return (values[at] * (1 - u) + values[at + 1] * u) * (1 - v) + (values[at + n] * (1 - u) + values[at + n + 1] * u) * v;
}

/** The values averaged with their neighbours, 1 : 2 : 1 along either axis. */
export function blurred(values, n, m) {
  const across = new Float32Array(n * m);
  const both = new Float32Array(n * m);
  for (let r = 0, i = 0; r < m; r++) {
    for (let c = 0; c < n; c++, i++) across[i] = (values[i - (c > 0)] + 2 * values[i] + values[i + (c < n - 1)]) / 4;
  }
  for (let r = 0, i = 0; r < m; r++) {
    for (let c = 0; c < n; c++, i++) both[i] = (across[i - n * (r > 0)] + 2 * across[i] + across[i + n * (r < m - 1)]) / 4;
  }
  return both;
}

/** Unit normals of a height field by central differences, written into `out`. */
export function normals(heights, n, m, dx, dy, out) {
  for (let r = 0, i = 0; r < m; r++) {
    const [below, above] = [Math.max(r - 1, 0), Math.min(r + 1, m - 1)];
    for (let c = 0; c < n; c++, i++) {
      const [left, right] = [Math.max(c - 1, 0), Math.min(c + 1, n - 1)];
      const x = (heights[r * n + left] - heights[r * n + right]) / ((right - left) * dx);
      const y = (heights[below * n + c] - heights[above * n + c]) / ((above - below) * dy);
      const length = Math.hypot(x, y, 1);
      out.set([x / length, y / length, 1 / length], 3 * i);
    }
  }
  return out;
}
