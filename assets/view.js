/* Where all surfaces are looked at from: one view that does for panels of every shape, kept by the page and told by its link. */
(function () {
  const atlas = (window.atlas = window.atlas || {});
  const LOWEST = 3; // degrees above the floor, which would hide the surface; viewer/figures/camera.py has the same limits
  const HIGHEST = 85;
  const DEGREES = 180 / Math.PI;
  atlas.elevations = [LOWEST / DEGREES, HIGHEST / DEGREES]; // in radians
  const homes = new WeakMap(); // figure element -> the camera that its figure came with, from which the surface just fits
  const AXES = ['x', 'y', 'z'];
  const WHOLE = { up: { x: 0, y: 0, z: 1 }, projection: { type: 'perspective' } }; // what a camera has besides
  const FIRST = { azimuth: -64, elevation: 37, distance: 1, shift: [0, 0, 0] };

  const between = (low, value, high) => Math.min(Math.max(value, low), high);
  const minus = (one, other) => AXES.map((axis) => one[axis] - other[axis]);
  const point = (numbers) => Object.fromEntries(AXES.map((axis, place) => [axis, numbers[place]]));
  const length = (vector) => Math.hypot(...vector);
  const above = (atlas.above = (view) => ({ ...view, elevation: between(LOWEST, view.elevation, HIGHEST), distance: between(0.2, view.distance, 6) }));

  /* The view in an address; null where it names none that can be read. */
  function named(search) {
    const numbers = (new URLSearchParams(search).get('camera') || '').split(',').map(Number);
    if (numbers.length !== 3 || !numbers.every(Number.isFinite)) return null;
    return above({ ...FIRST, azimuth: numbers[0], elevation: numbers[1], distance: between(0.2, numbers[2], 6) });
  }

  let view = named(location.search); // null is the first view

  atlas.view = () => view;

  /* The view that a camera has in a figure. */
  atlas.viewFrom = (node, { eye, center }) => {
    const home = homes.get(node);
    const [x, y, z] = minus(eye, center);
    const distance = length([x, y, z]) / length(minus(home.eye, home.center));
    return above({ azimuth: Math.atan2(y, x) * DEGREES, elevation: Math.atan2(z, Math.hypot(x, y)) * DEGREES, distance, shift: minus(center, home.center) });
  };

  /* The camera that a view has in a figure. */
  atlas.cameraOf = (node, { azimuth, elevation, distance, shift }) => {
    const home = homes.get(node);
    const away = distance * length(minus(home.eye, home.center));
    const [round, up] = [azimuth / DEGREES, elevation / DEGREES];
    const center = AXES.map((axis, place) => home.center[axis] + shift[place]);
    const offset = [Math.cos(up) * Math.cos(round), Math.cos(up) * Math.sin(round), Math.sin(up)];
    return { ...home, eye: point(center.map((value, place) => value + away * offset[place])), center: point(center) };
  };

  /* A camera gone round what it looks at by so many degrees. */
  atlas.turnedBy = (camera, degrees) => {
    const [x, y, z] = minus(camera.eye, camera.center);
    const [cos, sin] = [Math.cos(degrees / DEGREES), Math.sin(degrees / DEGREES)];
    const offset = [x * cos - y * sin, x * sin + y * cos, z];
    return { ...camera, eye: point(AXES.map((axis, place) => camera.center[axis] + offset[place])) };
  };

  /* Called before a figure is drawn: it will be seen from where the others are. */
  atlas.frame = (node, { scene }) => {
    if (!scene) return;
    homes.set(node, { ...WHOLE, ...JSON.parse(JSON.stringify(scene.camera)) });
    if (view) scene.camera = atlas.cameraOf(node, view);
  };

  /* The view as links and exports spell it; nothing for the first one. */
  atlas.viewText = () => (view ? [view.azimuth, view.elevation, view.distance].map((number) => Number(number.toFixed(3))).join(',') : '');

  /* A query of the page with the view in it. */
  atlas.withView = (query) => {
    const others = (query || '').split('&').filter((part) => part && !part.startsWith('camera='));
    return [...others, ...(view ? [`camera=${atlas.viewText()}`] : [])].join('&');
  };

  /* Takes over a view, null for the first one, and tells the link of it. */
  atlas.lookFrom = (found) => {
    view = found;
    const search = atlas.withView(location.search.slice(1));
    atlas.replaced(search ? `?${search}` : '');
  };

  addEventListener('popstate', () => { view = named(location.search); });
})();
