/** A ball on a path, striped so that one sees it roll. */
import { BufferAttribute, Color, Mesh, MeshStandardMaterial, Quaternion, SphereGeometry, Vector3 } from 'three';

const RADIUS = 0.052;
const STRIPES = 6;
const UP = new Vector3(0, 0, 1);

/** A sphere whose triangles are white or coloured by their longitude. */
function striped(colour) {
  const geometry = new SphereGeometry(RADIUS, 24, 16).toNonIndexed();
  const { position } = geometry.attributes;
  const colours = new Float32Array(3 * position.count);
  const [white, own] = [new Color(0xffffff), new Color(colour)];
  for (let i = 0; i < position.count; i += 3) {
    const middle = new Vector3();
    for (let k = 0; k < 3; k++) middle.add(new Vector3().fromBufferAttribute(position, i + k));
    const stripe = Math.floor((STRIPES * (Math.atan2(middle.z, middle.x) / Math.PI + 1)) / 2);
    const { r, g, b } = stripe % 2 ? white : own;
    for (let k = 0; k < 3; k++) colours.set([r, g, b], 3 * (i + k));
  }
  geometry.setAttribute('color', new BufferAttribute(colours, 3));
  return geometry;
}

/** A ball that stands on places, null where it cannot; how it is turned depends on where it is alone. */
export class Ball {
  constructor(places, colour) {
    this.places = places;
    this.mesh = new Mesh(striped(colour), new MeshStandardMaterial({ vertexColors: true, roughness: 0.35 }));
  }

  /** Stands at a place among its own that need not be whole. */
  put(at) {
    const before = Math.min(Math.floor(at), this.places.length - 1);
    const [one, other] = [this.places[before], this.places[Math.min(before + 1, this.places.length - 1)]];
    const point = at > before && other && one ? one.clone().lerp(other, at - before) : one;
    this.mesh.visible = Boolean(point);
    if (!point) return;
    this.mesh.position.copy(point).addScaledVector(UP, RADIUS);
    this.mesh.quaternion.copy(this.turned(before, point));
  }

  /** Whether it hides a point of its path. */
  covers([x, y, z]) {
    return this.mesh.visible && this.mesh.position.distanceTo(new Vector3(x, y, z + RADIUS)) < RADIUS / 2;
  }

  /** How far it has rolled from its first place. */
  turned(before, point) {
    const turn = new Quaternion();
    const way = [...this.places.slice(0, before + 1).filter(Boolean), point];
    for (let i = 1; i < way.length; i++) {
      const along = way[i].clone().sub(way[i - 1]);
      const far = along.length();
      const axis = UP.clone().cross(along);
      if (axis.length() > 1e-9) turn.premultiply(new Quaternion().setFromAxisAngle(axis.normalize(), far / RADIUS));
    }
    return turn;
  }
}
