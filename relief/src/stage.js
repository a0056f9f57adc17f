/** One renderer for all panels: each is drawn in turn, and copied into a canvas of its own. */
import { DirectionalLight, HemisphereLight, NoToneMapping, Scene, WebGLRenderer } from 'three';
import { axes, colourBar } from './axes.js';
import { Block } from './block.js';
import { SUN } from './light.js';
import { FIRST, lens } from './lens.js';
import { cursor, marks } from './marks.js';
import { Paths } from './path.js';
import { meet } from './pick.js';
import { THEMES } from './themes.js';
import { Vector3 } from 'three';

const SLOW = 80; // ms of a drawing above which balls jump
let renderer = null;

/** The one renderer; throws where the browser has no WebGL 2. */
function shared() {
  if (!renderer) {
    renderer = new WebGLRenderer({ antialias: true, alpha: true, powerPreference: 'high-performance' });
    renderer.toneMapping = NoToneMapping;
    renderer.setClearColor(0x000000, 0);
  }
  return renderer;
}

function lights(scene, theme) {
  const sun = new DirectionalLight(0xfff1de, theme.sun);
  const { azimuth, elevation } = SUN;
  sun.position.set(Math.cos(azimuth) * Math.cos(elevation), Math.sin(azimuth) * Math.cos(elevation), Math.sin(elevation));
  const rim = new DirectionalLight(theme.rimColour, theme.rim);
  rim.position.set(2, 3.2, 1.2);
  const sky = new HemisphereLight(theme.sky, theme.ground, theme.ambient);
  sky.position.set(0, 0, 1);
  scene.add(sun, rim, sky);
}

/** The picture of a figure, as large as wished, seen from a view, as a data address; a panel needs no place on the page. */
export function picture(figure, { width, height, ratio, scheme, view, small }) {
  const panel = new Panel({ clientWidth: width, clientHeight: height, append() {} }, scheme);
  panel.look(view, false);
  panel.show(figure, small, ratio);
  const address = panel.canvas.toDataURL('image/png');
  panel.dispose();
  return address;
}

/** Makes the renderer, and compiles what draws a block, before there is one. */
export function warm(scheme) {
  const scene = new Scene();
  lights(scene, THEMES[scheme]);
  const block = new Block(THEMES[scheme]);
  scene.add(block.group);
  block.redraw(SQUARE);
  shared().render(scene, lens(SQUARE, FIRST, 1));
  block.dispose();
}

/** The least figure that has a sheet, a lid and walls. */
const SQUARE = {
  n: 3, m: 3, share: Float32Array.of(0, 0, 0, 0, 2, 0, 0, 0, 0), known: new Float32Array(9).fill(1), capped: true, width: 2, depth: 2,
  lines: 5, grid: [0, 0], colours: ['#000000', '#ffffff'], every: [1, 1],
};

/** The picture of one figure in a panel. */
export class Panel {
  constructor(host, scheme) {
    shared();
    this.host = host;
    this.scheme = scheme;
    this.theme = THEMES[scheme];
    this.scene = new Scene();
    lights(this.scene, this.theme);
    this.block = new Block(this.theme);
    this.scene.add(this.block.group);
    this.canvas = Object.assign(document.createElement('canvas'), { className: 'carved' });
    host.append(this.canvas);
    this.view = FIRST;
    this.cursor = null;
    this.waiting = 0;
    this.rolling = 0; // counts movements of the balls: a later one ends those before
    this.cost = 0; // ms of the last drawing
    this.project = (point) => {
      const { x, y, z } = new Vector3(...point).project(this.camera);
      return [(0.5 + 0.5 * x) * this.width, (0.5 - 0.5 * y) * this.height, z];
    };
  }

  /** Takes over a figure's numbers. */
  show(figure, small, ratio) {
    this.block.redraw(figure);
    this.small = small;
    this.rolling += 1;
    this.leave();
    this.scene.add((this.paths = new Paths(this.block)).group);
    this.draw(ratio);
  }

  /** Takes the paths away. */
  leave() {
    if (!this.paths) return;
    this.scene.remove(this.paths.group);
    this.paths.dispose();
  }

  /** Rolls the balls to the marked epoch, in so many milliseconds where frames are quick and motion is welcome. */
  roll(length) {
    const [from, to, began, mine] = [this.paths.at, this.paths.wished(), performance.now(), (this.rolling += 1)];
    const at = () => (this.cost > SLOW || matchMedia('(prefers-reduced-motion: reduce)').matches ? 1 : Math.min(1, (performance.now() - began) / length));
    const step = () => {
      if (mine !== this.rolling) return;
      const share = at();
      this.paths.between(from, to, share);
      this.draw();
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /** Looks from a view, null for the first one; `now` says that it is to be seen. */
  look(view, now = true) {
    this.view = { ...FIRST, ...view };
    if (now) this.drawSoon();
  }

  /** Puts the cursor at a place of the mesh, null for nowhere. */
  point(place) {
    this.cursor = place;
    this.drawSoon();
  }

  /** Draws once a frame, however often it is asked to. */
  drawSoon() {
    this.waiting = this.waiting || requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  draw(ratio = Math.min(window.devicePixelRatio, 2)) {
    const began = performance.now();
    const [width, height] = [this.host.clientWidth, this.host.clientHeight];
    if (!width || !height || !this.block.figure) return;
    Object.assign(this, { width, height, camera: lens(this.block.figure, this.view, width / height) });
    this.eye = this.camera.position.toArray();
    this.block.uniforms.uPixel.value = ratio;
    const device = shared();
    device.setPixelRatio(ratio);
    device.setSize(width, height, false);
    device.render(this.scene, this.camera);
    this.copy(device.domElement, ratio);
    this.cost = performance.now() - began;
  }

  /** The picture and, over it, all that is flat. */
  copy(picture, ratio) {
    Object.assign(this.canvas, { width: picture.width, height: picture.height });
    const ctx = this.canvas.getContext('2d');
    ctx.drawImage(picture, 0, 0);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    axes(ctx, this);
    marks(ctx, this);
    colourBar(ctx, this);
    if (this.cursor) cursor(ctx, this, this.block.point(...this.cursor));
  }

  /** Where on the surface a place of the panel is, as row and column of the points that were computed; null beside it. */
  pick(x, y) {
    const far = new Vector3((2 * x) / this.width - 1, 1 - (2 * y) / this.height, 0.5).unproject(this.camera);
    const found = meet(this.block, this.eye, far.sub(this.camera.position).normalize().toArray());
    if (!found) return null;
    const { dx, dy, n, m, figure: { every } } = this.block;
    const near = (value, count, step) => step * Math.round(Math.min(Math.max(value, 0), count - 1) / step);
    return [near(found[1] / dy + (m - 1) / 2, m, every[0]), near(found[0] / dx + (n - 1) / 2, n, every[1])];
  }

  dispose() {
    cancelAnimationFrame(this.waiting);
    this.rolling += 1;
    this.leave();
    this.block.dispose();
    this.canvas.remove();
  }
}
