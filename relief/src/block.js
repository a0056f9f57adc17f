/** The block: a sheet carved by the heights, a flat lid where a cap cuts them off, walls down to the table. */
import { BufferAttribute, BufferGeometry, Color, DataTexture, Group, LinearFilter, Mesh, RGBAFormat, SRGBColorSpace, UnsignedByteType, Vector2 } from 'three';
import { blurred, normals } from './field.js';
import { openSkyCoarse, sunlight } from './light.js';
import { stone } from './material.js';
import { table } from './table.js';

export const HEIGHT = 0.8; // beside a side of 2
const OVER = 1.05; // share of it at which a path above a cap may lie

/** Everything that stands on the table for one figure; `redraw` puts another figure's numbers into it. */
export class Block {
  constructor(theme) {
    this.group = new Group();
    this.uniforms = {
      uColours: { value: null }, uInk: { value: new Color(theme.ink) }, uStone: { value: new Color(theme.stone) }, uPale: { value: new Color(theme.pale) },
      uLines: { value: 0 }, uCapped: { value: 0 }, uPixel: { value: 1 }, uTop: { value: HEIGHT },
      uGrid: { value: new Vector2() }, uSides: { value: new Vector2(2, 2) },
    };
    this.theme = theme;
    this.sheet = new Mesh(new BufferGeometry(), stone('SHEET', this.uniforms));
    this.lid = new Mesh(new BufferGeometry(), stone('LID', this.uniforms));
    this.walls = new Mesh(new BufferGeometry(), stone('WALL', this.uniforms));
    this.group.add(this.sheet, this.lid, this.walls);
  }

  /** Shows a figure, in place where it has as many points as the one before. */
  redraw(figure) {
    const { n, m, share, known, width, depth } = figure;
    Object.assign(this, { figure, n, m, dx: width / (n - 1), dy: depth / (m - 1) });
    this.heights = share.map((part) => (Number.isFinite(part) ? HEIGHT * Math.min(Math.max(part, 0), 1) : 0));
    const free = share.map((part) => (Number.isFinite(part) ? HEIGHT * Math.max(part, 0) : 0));
    this.place(free);
    const soft = figure.every[0] > 1 ? blurred(free, n, m) : free; // for the shading alone
    normals(soft, n, m, this.dx, this.dy, this.normal);
    const sky = openSkyCoarse(this.heights, n, m, this.dx);
    const sun = sunlight(this.heights, n, m, this.dx);
    for (let i = 0; i < n * m; i++) this.baked.set([Number.isFinite(share[i]) ? share[i] : 0, sky[i], sun[i], known[i]], 4 * i);
    for (const name of ['position', 'normal', 'baked']) this.sheet.geometry.attributes[name].needsUpdate = true;
    this.triangulate(free);
    this.wall();
    this.uniforms.uLines.value = figure.lines;
    this.uniforms.uGrid.value.set(...figure.grid);
    this.uniforms.uSides.value.set(width, depth);
    this.uniforms.uCapped.value = Number(figure.capped);
    this.paint(figure.colours);
    if (this.table) dispose(this.group, this.table);
    this.group.add((this.table = table(this, this.theme)));
  }

  /** Buffers for as many points as there are, and where these lie. */
  place(free) {
    const { n, m, dx, dy } = this;
    if (!this.position || this.position.length !== 3 * n * m) {
      this.position = new Float32Array(3 * n * m);
      this.normal = new Float32Array(3 * n * m);
      this.baked = new Float32Array(4 * n * m);
      for (const mesh of [this.sheet, this.lid]) {
        mesh.geometry.dispose();
        mesh.geometry = new BufferGeometry();
      }
      for (const [name, array, size] of [['position', this.position, 3], ['normal', this.normal, 3], ['baked', this.baked, 4]]) {
        const attribute = new BufferAttribute(array, size);
        this.sheet.geometry.setAttribute(name, attribute);
        this.lid.geometry.setAttribute(name, attribute);
      }
    }
    for (let i = 0; i < n * m; i++) this.position.set([(i % n) * dx - (n - 1) * dx / 2, Math.floor(i / n) * dy - (m - 1) * dy / 2, free[i]], 3 * i);
    this.sheet.geometry.computeBoundingSphere();
    this.lid.geometry.boundingSphere = this.sheet.geometry.boundingSphere;
  }

  /** Two triangles for every cell whose corners all have a height, along its flatter diagonal; those above the cap are the lid's. */
  triangulate(free) {
    const { n, m, figure: { share, capped } } = this;
    const [carved, flat] = [[], []];
    const keep = (a, b, c) => {
      if (!capped || Math.min(share[a], share[b], share[c]) <= 1.02) carved.push(a, b, c);
      if (capped && Math.max(share[a], share[b], share[c]) >= 0.98) flat.push(a, b, c);
    };
    for (let r = 0; r < m - 1; r++) {
      for (let c = 0; c < n - 1; c++) {
        const [a, b, d, e] = [r * n + c, r * n + c + 1, (r + 1) * n + c, (r + 1) * n + c + 1];
        if (!Number.isFinite(share[a] + share[b] + share[d] + share[e])) continue;
        if (Math.abs(free[a] - free[e]) < Math.abs(free[b] - free[d])) { keep(a, b, e); keep(a, e, d); } else { keep(a, b, d); keep(b, e, d); }
      }
    }
    this.sheet.geometry.setIndex(carved);
    this.lid.geometry.setIndex(flat);
    this.lid.visible = flat.length > 0;
  }

  /** Walls below the four edges, as high as the sheet is there. */
  wall() {
    const { n, m } = this;
    const parts = { position: [], normal: [], baked: [], index: [] };
    const row = (r) => Array.from({ length: n }, (_, c) => r * n + c);
    const column = (c) => Array.from({ length: m }, (_, r) => r * n + c);
    this.side(parts, row(0), [0, -1, 0]);
    this.side(parts, row(m - 1).reverse(), [0, 1, 0]);
    this.side(parts, column(0).reverse(), [-1, 0, 0]);
    this.side(parts, column(n - 1), [1, 0, 0]);
    this.walls.geometry.dispose();
    this.walls.geometry = new BufferGeometry();
    for (const [name, size] of [['position', 3], ['normal', 3], ['baked', 4]]) this.walls.geometry.setAttribute(name, new BufferAttribute(new Float32Array(parts[name]), size));
    this.walls.geometry.setIndex(parts.index);
  }

  /** One wall below points that follow one another from left to right as one looks at it from outside. */
  side({ position, normal, baked, index }, points, outward) {
    points.forEach((at, place) => {
      const [x, y] = [this.position[3 * at], this.position[3 * at + 1]];
      const base = position.length / 3;
      const part = this.heights[at] / HEIGHT;
      position.push(x, y, this.heights[at], x, y, 0);
      normal.push(...outward, ...outward);
      baked.push(part, 1, 1, 1, 0, 0.45, 1, 1);
      const before = place ? points[place - 1] : at;
      const whole = Number.isFinite(this.figure.share[at] + this.figure.share[before]);
      if (place && whole) index.push(base - 2, base - 1, base, base, base - 1, base + 1);
    });
  }

  /** The colours of heights, evenly spaced, as a texture. */
  paint(colours) {
    if (String(colours) === this.painted) return;
    this.painted = String(colours);
    const pixels = new Uint8Array(1024);
    const channels = colours.map((colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16)));
    for (let i = 0; i < 256; i++) {
      const place = (i / 255) * (channels.length - 1);
      const k = Math.min(Math.floor(place), channels.length - 2);
      pixels.set([...channels[k].map((value, j) => value + (place - k) * (channels[k + 1][j] - value)), 255], 4 * i);
    }
    const texture = new DataTexture(pixels, 256, 1, RGBAFormat, UnsignedByteType);
    Object.assign(texture, { colorSpace: SRGBColorSpace, magFilter: LinearFilter, minFilter: LinearFilter, needsUpdate: true });
    if (this.uniforms.uColours.value) this.uniforms.uColours.value.dispose();
    this.uniforms.uColours.value = texture;
  }

  /** Where a point of the mesh is on the block. */
  point(row, column) {
    const i = row * this.n + column;
    return [this.position[3 * i], this.position[3 * i + 1], this.heights[i]];
  }

  /** Where a place given in the axes' own units is on the block. */
  at(x, y, z) {
    const { scene: { xaxis, yaxis }, limits, width, depth } = this.figure;
    const share = (value, [first, last]) => (value - first) / (last - first);
    return [(share(x, xaxis.range) - 0.5) * width, (share(y, yaxis.range) - 0.5) * depth, HEIGHT * Math.min(Math.max(share(z, limits), 0), OVER)];
  }

  dispose() {
    for (const mesh of [...this.group.children]) dispose(this.group, mesh);
    if (this.uniforms.uColours.value) this.uniforms.uColours.value.dispose();
  }
}

/** Takes a mesh away, and what it holds on the graphics card. */
export function dispose(group, mesh) {
  group.remove(mesh);
  mesh.geometry.dispose();
  if (mesh.material.uniforms && mesh.material.uniforms.uShade) mesh.material.uniforms.uShade.value.dispose();
  mesh.material.dispose();
}
