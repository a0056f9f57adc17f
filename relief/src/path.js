/** The paths of trainings over a block: tubes, and on each a ball at the marked epoch. */
import { CatmullRomCurve3, Group, Mesh, MeshStandardMaterial, TubeGeometry, Vector3 } from 'three';
import { Ball } from './ball.js';
import { numbers } from './figure.js';

const RADIUS = 0.012;
const APART = 0.01; // nearer points make no bend

const marksEpoch = ({ meta }) => Boolean(meta && meta.now);

/** Where a line's points are on a block; null for what has no height. */
function placesOf(block, trace) {
  const [x, y, z] = ['x', 'y', 'z'].map((axis) => numbers(trace[axis]));
  return Array.from(x, (value, place) => (Number.isFinite(value + y[place] + z[place]) ? new Vector3(...block.at(value, y[place], z[place])) : null));
}

/** A tube through places; null where they are all one. */
function tube(places, colour) {
  const points = [];
  places.filter(Boolean).forEach((place) => { if (!points.length || place.distanceTo(points[points.length - 1]) > APART) points.push(place); });
  if (points.length < 2) return null;
  const material = new MeshStandardMaterial({ color: colour, emissive: colour, emissiveIntensity: 0.22, roughness: 0.35 });
  return new Mesh(new TubeGeometry(new CatmullRomCurve3(points, false, 'centripetal'), Math.min(600, 3 * points.length), RADIUS, 10), material);
}

/** The paths of a figure: a `group` to draw, and its `balls`, which roll when `moved`. */
export class Paths {
  constructor(block) {
    const lines = block.figure.marks.filter(({ mode }) => mode === 'lines');
    const places = lines.map((line) => placesOf(block, line));
    this.now = block.figure.marks.find(marksEpoch);
    this.balls = this.now ? lines.map(({ line }, run) => new Ball(places[run], line.color)) : [];
    this.group = new Group();
    const tubes = lines.map(({ line }, run) => tube(places[run], line.color)).filter(Boolean);
    [...tubes, ...this.balls.map(({ mesh }) => mesh)].forEach((mesh) => this.group.add(mesh));
    this.at = this.wished();
    this.put(this.at);
  }

  /** Where each ball belongs, as a place among the points of its line: lines have so many points between two checkpoints. */
  wished() {
    return this.balls.map((ball, run) => {
      const last = this.now.meta.epochs[run].length - 1;
      const place = (this.now.meta.places || [])[run] ?? last;
      return last ? (place * (ball.places.length - 1)) / last : 0;
    });
  }

  put(at) {
    this.at = at;
    this.balls.forEach((ball, run) => ball.put(at[run]));
  }

  /** Puts the balls a share of the way from where they were to where they belong. */
  between(from, to, share) {
    this.put(to.map((end, run) => from[run] + share * (end - from[run])));
  }

  dispose() {
    this.group.children.forEach(({ geometry, material }) => { geometry.dispose(); material.dispose(); });
  }
}
