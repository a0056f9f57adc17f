/** The paths of trainings over a block, as tubes. */
import { CatmullRomCurve3, Group, Mesh, MeshStandardMaterial, TubeGeometry, Vector3 } from 'three';
import { numbers } from './figure.js';

const RADIUS = 0.012;
const APART = 0.01; // nearer points make no bend

/** A tube for each line of a figure. */
export function paths(block) {
  const group = new Group();
  for (const trace of block.figure.marks.filter(({ mode }) => mode === 'lines')) {
    const [x, y, z] = ['x', 'y', 'z'].map((axis) => numbers(trace[axis]));
    const points = [];
    x.forEach((value, place) => {
      if (!Number.isFinite(value + y[place] + z[place])) return;
      const point = new Vector3(...block.at(value, y[place], z[place]));
      if (!points.length || point.distanceTo(points[points.length - 1]) > APART) points.push(point);
    });
    if (points.length < 2) continue;
    const { color } = trace.line;
    const material = new MeshStandardMaterial({ color, emissive: color, emissiveIntensity: 0.22, roughness: 0.35 });
    group.add(new Mesh(new TubeGeometry(new CatmullRomCurve3(points, false, 'centripetal'), Math.min(600, 3 * points.length), RADIUS, 10), material));
  }
  return group;
}
