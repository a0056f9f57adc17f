/** The camera: a view, in degrees and in distances at which the block just fits into its panel. */
import { PerspectiveCamera, Vector3 } from 'three';
import { HEIGHT } from './block.js';

const FIELD = 24; // degrees
const ROUNDS = 24;
const MARGIN = { beside: 0.2, above: 0.04, below: 0.16 }; // of half the room, for ticks and titles
export const FIRST = { azimuth: -64, elevation: 37, distance: 1, shift: [0, 0, 0] };

const direction = ({ azimuth, elevation }) => {
  const [round, up] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  return new Vector3(Math.cos(up) * Math.cos(round), Math.cos(up) * Math.sin(round), Math.sin(up));
};

/** The centre and the distance from which a box just fits into a panel in the first view. */
function fitted(width, depth, aspect) {
  const back = direction(FIRST);
  const right = new Vector3(0, 0, 1).cross(back).normalize();
  const up = back.clone().cross(right);
  const half = Math.tan((FIELD * Math.PI) / 360);
  const corners = [-1, 1].flatMap((i) => [-1, 1].flatMap((j) => [0, 1].map((k) => new Vector3((i * width) / 2, (j * depth) / 2, k * HEIGHT))));
  const centre = new Vector3(0, 0, HEIGHT / 2);
  let away = 6;
  for (let round = 0; round < ROUNDS; round++) {
    const seen = corners.map((corner) => {
      const from = corner.clone().sub(centre);
      const far = away - from.dot(back);
      return [from.dot(right) / far, from.dot(up) / far];
    });
    const ends = [0, 1].map((axis) => [Math.min(...seen.map((each) => each[axis])), Math.max(...seen.map((each) => each[axis]))]);
    const middle = ends.map(([low, high]) => (low + high) / 2);
    centre.addScaledVector(right, away * middle[0]).addScaledVector(up, away * (middle[1] - (half * (MARGIN.below - MARGIN.above)) / 2));
    const room = [half * aspect * (1 - MARGIN.beside), half * (1 - (MARGIN.above + MARGIN.below) / 2)];
    away *= Math.max(...ends.map(([low, high], axis) => (high - low) / 2 / room[axis]));
  }
  return { centre, away };
}

/** Three's camera for a view of a block in a panel. */
export function lens({ width, depth }, view, aspect) {
  const camera = new PerspectiveCamera(FIELD, aspect, 0.1, 60);
  const { centre, away } = fitted(width, depth, aspect);
  camera.up.set(0, 0, 1);
  camera.position.copy(centre).addScaledVector(direction(view), away * view.distance);
  camera.lookAt(centre);
  camera.updateMatrixWorld();
  camera.updateProjectionMatrix();
  return camera;
}
