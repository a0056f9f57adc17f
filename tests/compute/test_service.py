import json
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from dataclasses import replace
from time import monotonic

import numpy as np
import pytest
import torch

from compute.errors import BadReference, LandscapeError, UnknownName
from compute.jobs.executors import SequentialExecutor
from compute.jobs.job import ACTIVE
from compute.lattice import Lattice
from compute.minima import minima
from compute.numerics.directions import effective_dimension, gaussian, scaled
from compute.numerics.planes import flat
from compute.service import LandscapeService, _add_workers, open_service
from compute.settings import ROOT, Settings
from compute.snapshot import JobState
from compute.specs import RandomPlane, Survey, ThroughPlane, TrajectoryPlane
from compute.store.disk import DiskStore
from compute.store.exports import FORMATS
from compute.store.memory import MemoryStore
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import examples
from tests.compute.cases import SCALES, CountingExecutor, HeldExecutor, query, surface, survey
from tests.compute.store.test_imports import as_the_public_code_does, bowl
from tests.compute.test_minima import wells


@pytest.fixture
def held():
    return HeldExecutor()


@pytest.fixture
def service(held):
    return LandscapeService(Settings(), MemoryStore(), [held])


def state(service, wanted):
    return service.snapshot(wanted).progress.state


def test_a_snapshot_exists_before_anything_is_known(service):
    snapshot = service.snapshot(survey(level=3))
    assert snapshot.loss.shape == (17, 17)
    assert np.isnan(snapshot.loss).all()
    assert not snapshot.known.any()
    assert (snapshot.progress.done, snapshot.progress.total) == (0, 289)


def test_a_watched_survey_fills_in_and_finishes(service, held):
    wanted = survey(level=3)
    service.watch("tab", [wanted])
    shares = []
    while held.held:
        held.release()
        shares.append(service.snapshot(wanted).known.mean())
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] == 1
    assert state(service, wanted) is JobState.DONE
    np.testing.assert_allclose(service.snapshot(wanted).loss, surface(wanted.lattice), rtol=1e-12)


def test_a_finished_snapshot_has_z_values_of_its_minima_and_an_unfinished_one_has_none(service, held, monkeypatch):
    monkeypatch.setattr("tests.compute.cases.loss", wells)
    wanted = survey(level=3)
    service.watch("tab", [wanted])
    held.release()
    assert service.snapshot(wanted).z is None
    while held.held:
        held.release()
    found = service.snapshot(wanted)
    (_, shallow) = minima(found)
    assert np.isfinite(found.z).sum() == 1
    scales = np.tile(SCALES, 16)  # every example's losses are the bowl times its own
    assert shallow.z == pytest.approx(scales.mean() / (scales.std(ddof=1) / np.sqrt(64)), rel=1e-5)
    assert service.snapshot(wanted).z is found.z


def test_what_no_tab_looks_at_stops_and_what_another_looks_at_goes_on(service):
    one, two = survey(run="one"), survey(run="two")
    service.watch("tab", [one, two])
    service.watch("other", [two])
    service.watch("tab", [])
    assert state(service, one) is JobState.CANCELLED
    assert state(service, two) in ACTIVE


def test_what_a_tab_asked_for_before_what_it_looks_at_changes_nothing(service):
    one, two = survey(run="one"), survey(run="two")
    assert service.watch("tab", [two], asked=2.0)
    assert not service.watch("tab", [one], asked=1.0)
    assert state(service, two) in ACTIVE
    assert [told.survey for told in service.progress()] == [two.id]
    assert service.watch("other", [one], asked=1.0)


def test_what_a_tab_asked_for_before_it_was_closed_is_not_computed(service):
    asked = monotonic()
    service.watch("tab", [], asked)
    service.leave("tab")
    assert not service.watch("tab", [survey()], asked)
    assert not service.progress()
    assert service.watch("tab", [survey()])


def test_looking_again_goes_on_from_what_is_stored(service, held):
    wanted = survey(level=3)
    service.watch("tab", [wanted])
    held.release()
    service.watch("tab", [])
    done = service.snapshot(wanted).progress.done
    service.watch("tab", [wanted])
    while held.held:
        held.release()
    progress = service.snapshot(wanted).progress
    assert progress.state is JobState.DONE
    assert (progress.evaluated, progress.total) == (289, 289)
    assert done > 0


def test_naming_the_same_again_does_not_restart_what_was_cancelled(service):
    wanted = survey()
    service.watch("tab", [wanted])
    service.cancel(wanted.id)
    service.watch("tab", [wanted])
    assert state(service, wanted) is JobState.CANCELLED
    service.resume(wanted.id)
    assert state(service, wanted) in ACTIVE


def test_a_closed_tabs_survey_goes_on_until_somebody_looks_elsewhere(service):
    one, two = survey(run="one"), survey(run="two")
    service.watch("tab", [one])
    service.leave("tab")
    assert state(service, one) is JobState.RUNNING
    service.watch("other", [two])
    assert state(service, one) is JobState.CANCELLED


def test_waiting_ends_with_a_change_or_with_time(service, held):
    version = service.wait(0, timeout=0)
    assert service.wait(version, timeout=0.01) == version
    service.watch("tab", [survey()])
    later = service.wait(version, timeout=0)
    assert later > version
    timer = threading.Timer(0.05, held.release)
    timer.start()
    assert service.wait(later, timeout=30) > later
    timer.join()


def test_nobody_waits_once_the_service_is_dismissed(service):
    version = service.wait(0, timeout=0)
    timer = threading.Timer(0.05, service.dismiss)
    timer.start()
    assert [service.wait(version, timeout=600) for _ in range(2)] == [version, version]
    timer.join()


def test_changes_raise_the_version_of_the_survey_they_concern(service, held):
    one, two = survey(run="one"), survey(run="two")
    service.watch("tab", [one, two])
    versions = {progress.survey: progress.version for progress in service.progress()}
    task = held.release()
    changed = {p.survey for p in service.progress() if p.version != versions[p.survey]}
    expected = one if task.query.model.run == "one" else two
    assert expected.id in changed


def test_old_surveys_are_forgotten_but_not_those_on_screen():
    service = LandscapeService(Settings(), MemoryStore(), [CountingExecutor()])
    first = survey(level=0, seed=0)
    service.watch("tab", [first])
    for seed in range(1, 200):
        service.open(survey(level=0, seed=seed))
    assert len(service.progress()) < 100
    assert service.survey(first.id) == first


def test_what_is_in_view_and_what_is_put_first_is_computed_first(service, held):
    one, two = survey(level=5, reach=2.0, run="one"), survey(level=3, run="two")
    service.watch("tab", [one, two])
    service.put_first(one.id)
    service.focus(one.id, (1.1, 1.9), (1.1, 1.9))
    for _ in range(2):
        held.release()
    task = held.release()
    assert task.query == one.query
    assert min(task.tile.first) >= 0
    with pytest.raises(LandscapeError, match="window needs finite ends"):
        service.focus(one.id, (float("nan"), 1), (0, 1))


def test_the_losses_of_every_example_are_handed_out(service, held):
    wanted = survey(level=2, size=200)
    service.watch("tab", [wanted])
    held.release()
    while held.held:
        held.release()
    losses, correct, labels = service.losses(wanted)
    assert losses.shape == correct.shape == (9, 9, 200)
    assert labels.tolist() == (np.arange(200) % 4).tolist()
    np.testing.assert_allclose(losses[..., 1], 1.5 * surface(wanted.lattice), rtol=1e-6)


def test_an_unknown_survey_is_refused(service):
    with pytest.raises(UnknownName, match="Unknown survey 'nothing'"):
        service.cancel("nothing")


def test_the_gallery_names_queries(service):
    card = next(card for card in service.cards() if card.run == "mlp")
    assert card.test_error <= 0.03
    assert (service.examples("mlp", "train"), service.examples("mlp", "test")) == (1437, 360)
    query = service.query("mlp", "train", 64, RandomPlane(3))
    assert (query.model.architecture, query.data.size, query.plane.seed) == ("mlp", 64, 3)


@pytest.mark.parametrize(
    ("run", "split", "size", "message"),
    [
        ("nothing", "train", 64, "Unknown run 'nothing': choose one of .*mlp"),
        ("mlp", "validation", 64, "Unknown split of the data of mlp 'validation': choose one of test, train"),
        ("mlp", "train", 0, "0"),
        ("mlp", "train", 9999, "1437"),
    ],
)
def test_a_query_about_what_is_not_there_is_refused(service, run, split, size, message):
    with pytest.raises(LandscapeError, match=message):
        service.query(run, split, size, RandomPlane())


def test_the_server_never_loads_torch():
    code = (
        "import sys; import compute.service, compute.request, compute.survey, viewer\n"
        "compute.service.LandscapeService(compute.service.Settings(), None, []).cards()\n"
        "print([name for name in ('torch', 'torchvision') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


BARE = """
import importlib, pkgutil, sys
for name in ("dash", "plotly", "flask", "diskcache", "dask", "distributed", "waitress", "dash_mantine_components"):
    sys.modules[name] = None
import compute
names = [module.name for module in pkgutil.walk_packages(compute.__path__, "compute.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_all_of_compute_imports_without_browser_and_cache_packages():
    printed = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=True).stdout
    assert int(printed) > 20


def test_a_device_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(LandscapeError, match=r"device must be one of .*cpu.*, got 'cuda:99': choose another"):
        open_service(Settings(cache_dir=tmp_path, device="cuda:99"))


def test_a_real_worker_process_answers(tmp_path):
    service = open_service(Settings(cache_dir=tmp_path, device="cpu"))
    try:
        wanted = Survey(service.query("mlp", "train", 64, RandomPlane()), Lattice.spanning(2, (-1, 1), (-1, 1)))
        service.open(wanted)
        version = 0
        while state(service, wanted) not in {JobState.DONE, JobState.FAILED}:
            version = service.wait(version, timeout=60)
        snapshot = service.snapshot(wanted)
        assert snapshot.progress.error is None
        assert np.isfinite(snapshot.loss).all()
        assert snapshot.progress.device == "cpu"
        assert snapshot.loss.min() == pytest.approx(snapshot.loss[4, 4], abs=0.05)
    finally:
        service.close()


SMALLER = {
    "resnet110-noshort": (4, 128),
    "transformer": (3, 128),
    "vgg9-sgd": (3, 128),
    "vgg9-adam": (3, 128),
    "wrn56": (4, 128),
    "cifar10-resnet20": (3, 128),
    "cifar10-vgg9": (3, 128),
}
"""By how their names begin, networks whose surface ships smaller, for its size: level and examples."""


LATER = (
    "cifar10-resnet20",
    "cifar10-resnet20-noshort",
    "cifar10-vgg9-sgd-bs128-wd0.0005",
    "cifar10-vgg9-sgd-bs128-wd0",
)
"""Networks that ship without a surface so far."""


def test_the_first_look_at_a_gallery_network_shows_its_shipped_surface_at_once():
    service = LandscapeService(Settings(), MemoryStore(), [HeldExecutor()])
    for card in service.cards():
        if card.run in LATER:
            continue
        level, examples = next((size for start, size in SMALLER.items() if card.run.startswith(start)), (4, 256))
        lattice = Lattice.spanning(level, (-1, 1), (-1, 1))
        wanted = Survey(service.query(card.run, "train", examples, RandomPlane()), lattice)
        service.watch("tab", [wanted])
        progress = service.snapshot(wanted).progress
        points = (2 ** (level + 1) + 1) ** 2
        assert (progress.state, progress.reused, progress.evaluated) == (JobState.DONE, points, 0), card.run


SHIPPED = Lattice.spanning(4, (-1, 1), (-1, 1))


def seeded(store, lattice=SHIPPED):
    """How far a survey of a shipped surface is, where nothing can be computed."""
    service = LandscapeService(Settings(), store, [HeldExecutor()])
    wanted = Survey(service.query("mlp", "train", 256, RandomPlane()), lattice)
    service.watch("tab", [wanted])
    return service.snapshot(wanted).progress


STOPPED = """
import sys
from pathlib import Path
from compute.store.disk import DiskStore
from tests.compute.test_service import seeded

class Stopping(DiskStore):
    def put(self, *entry):
        super().put(*entry)
        print("stored", flush=True)
        sys.stdin.readline()

seeded(Stopping(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("stored", [1, 3, 50])
def test_a_shipped_surface_is_there_as_a_whole_after_a_process_was_killed_while_storing_it(tmp_path, stored):
    command = [sys.executable, "-c", STOPPED, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(stored):
            assert process.stdout.readline() == "stored\n"
            process.stdin.write("\n" if _ < stored - 1 else "")
            process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    store = DiskStore(tmp_path)
    assert len(store._cache) == stored
    progress = seeded(store)
    assert (progress.state, progress.reused) == (JobState.DONE, 33 * 33)
    store.close()


def test_a_shipped_surface_fills_up_what_was_computed_or_lost_of_it(tmp_path):
    store = DiskStore(tmp_path)
    assert seeded(store).reused == 1089
    names = sorted(store._cache.iterkeys())
    for name in names[::3]:
        store._cache.delete(name)
    store._cache.set(names[1], b"damaged")
    assert seeded(store).reused == 1089
    partly = MemoryStore()
    service = LandscapeService(Settings(), partly, [SequentialExecutor()])
    query = service.query("mlp", "train", 256, RandomPlane())
    *_, last = service.unfolding(Survey(query, Lattice.spanning(1, (0, 0.5), (0, 0.5))))
    assert last.progress.evaluated == 4
    assert seeded(partly).reused == 1089


def test_a_shipped_surface_that_cannot_be_stored_is_computed(caplog):
    class Broken(MemoryStore):
        def put(self, *_):
            raise OSError("no such device")

    assert seeded(Broken()).reused == 0
    assert "surface not stored" in caplog.text


def test_the_angle_of_a_planes_directions_is_told_with_the_one_to_expect():
    service = LandscapeService(Settings(), MemoryStore(), [SequentialExecutor()])
    asked = Survey(service.query("mlp", "train", 64, RandomPlane(seed=3)), Lattice.spanning(1, (-1, 1), (-1, 1)))
    found = service.angle(asked)
    weights = {name: weight.detach() for name, weight in load_model(asked.query.model).named_parameters()}
    x, y = (flat(scaled(gaussian(weights, 3, axis), weights)).double() for axis in (0, 1))
    assert found.cosine == pytest.approx(float(x @ y / x.norm() / y.norm()))
    assert found.expected == pytest.approx((2 / np.pi / effective_dimension(weights)) ** 0.5)
    assert 0.005 < found.expected < 0.1
    assert service.angle(asked) is found


@pytest.fixture
def importing(held, tmp_path):
    return LandscapeService(Settings(imports_dir=tmp_path), MemoryStore(), [held])


def test_an_imported_surface_is_there_at_once_beside_computed_ones(importing, held):
    content, x, y = as_the_public_code_does(7, 4)
    run = importing.take_in("bowl.h5", content)
    assert [card.run for card in importing.cards()][-1] == run
    given, wanted = importing.imported(run, "test"), survey(level=3)
    assert given.split == "train"
    version = importing.wait(-1, 0)
    importing.watch("tab", [wanted, given])
    assert importing.wait(version, 0) > version
    standing = {progress.survey: progress for progress in importing.progress()}[given.id]
    assert (standing.state, standing.done, standing.total, standing.evaluated) == (JobState.DONE, 28, 28, 0)
    assert standing.version > 0
    assert all(task.query == wanted.query for task, _ in held.held)
    shot = importing.snapshot(importing.survey(given.id))
    np.testing.assert_array_equal(shot.loss, bowl(x[None, :], y[:, None]))
    assert shot.progress == standing
    assert all(importing.export(given.id, kind) for kind in FORMATS)


def test_nothing_can_be_asked_of_an_imported_surface(importing):
    given = importing.imported(importing.take_in("bowl.h5", as_the_public_code_does(5, 5)[0]), "train")
    importing.open(given)
    for command in (importing.pause, importing.cancel, importing.resume, importing.put_first):
        command(given.id)
    importing.focus(given.id, (0, 1), (0, 1))
    assert importing.snapshot(given).progress.state is JobState.DONE
    with pytest.raises(UnknownName, match="Unknown run 'import:bowl'"):
        importing.query("import:bowl", "train", 64, RandomPlane())
    with pytest.raises(LandscapeError, match="no imported surface 'import:bowls': import its file"):
        importing.imported("import:bowls", "train")
    importing.close()


def test_a_service_closed_before_its_workers_are_known_ends_in_silence(caplog):
    found = Future()
    found.add_done_callback(lambda done: _add_workers(None, None, {}, done))
    found.cancel()
    assert caplog.records == []


@pytest.fixture
def following(tmp_path):
    return LandscapeService(Settings(cache_dir=tmp_path), MemoryStore(), [SequentialExecutor()])


def test_the_path_of_a_training_is_told_on_its_own_plane(following):
    steps = following.steps("mlp")
    found = following.trajectory(TrajectoryPlane(steps), steps[-1], ["mlp"])
    (track,) = found.tracks
    assert (track.run, track.steps) == ("mlp", tuple(step.step for step in steps))
    assert (track.x[-1], track.y[-1], track.distance[-1]) == (0, 0, 0)
    assert max(track.x) == pytest.approx(1)
    assert max(track.y) == pytest.approx(1)
    assert len(found.scree) == 10
    assert sum(found.scree[:2]) == pytest.approx(found.seen, abs=0.1)
    assert found.cosine == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(
        np.hypot(track.x * found.lengths[0], track.y * found.lengths[1]),
        track.distance * np.sqrt(1 - track.residual**2),
        rtol=1e-6,
    )


def test_random_directions_see_next_to_nothing_of_a_path(following):
    steps = following.steps("mlp")
    found = following.trajectory(RandomPlane(), steps[-1], ["mlp"])
    assert found.seen < 0.01
    assert found.scree == ()


def test_networks_lie_at_their_coordinates_on_a_plane_through_them(following):
    steps = following.steps("mlp")
    for plane, at in ((ThroughPlane(steps[0]), []), (ThroughPlane(steps[0], steps[3]), [3])):
        found = following.trajectory(plane, steps[-1], ["mlp"])
        (track,) = found.tracks
        on_it = [0, *at, -1]
        np.testing.assert_allclose(track.residual[on_it], 0, atol=1e-6)
        np.testing.assert_allclose(track.x[[0, -1]], [1, 0], atol=1e-6)
        np.testing.assert_allclose(track.y[on_it], [0, *[1 for _ in at], 0], atol=1e-6)
        assert found.cosine == pytest.approx(0, abs=1e-6)
        assert track.residual[10] > 0.1


def test_runs_of_different_lengths_lie_on_one_plane(tmp_path):
    folder = tmp_path / "checkpoints" / "short"
    shutil.copytree(ROOT / "data" / "gallery" / "mlp", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    kept = manifest["checkpoints"][::5]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"name": "short", "checkpoints": kept}))
    settings = Settings(cache_dir=tmp_path / "cache", checkpoint_dir=tmp_path / "checkpoints")
    both = LandscapeService(settings, MemoryStore(), [SequentialExecutor()])
    steps = both.steps("mlp")
    found = both.trajectory(TrajectoryPlane((*steps, *both.steps("short"))), steps[-1], ["mlp", "short"])
    long, short = found.tracks
    assert (len(long.x), len(short.x)) == (26, 6)
    assert short.steps == long.steps[::5]
    np.testing.assert_allclose(short.x, long.x[::5], atol=1e-9)
    np.testing.assert_allclose(short.residual, long.residual[::5], atol=1e-9)


def test_what_was_told_of_a_path_is_remembered_across_restarts(following, held, tmp_path):
    steps = following.steps("mlp")
    asked = TrajectoryPlane(steps), steps[-1], ["mlp", "mlp"]
    told = following.trajectory(*asked)
    again = LandscapeService(Settings(cache_dir=tmp_path), MemoryStore(), [held]).trajectory(*asked)
    assert not held.held
    assert (again.scree, again.lengths, again.cosine, again.seen) == (told.scree, told.lengths, told.cosine, told.seen)
    assert [len(track.x) for track in again.tracks] == [len(steps)] * 2
    np.testing.assert_array_equal(again.tracks[1].residual, told.tracks[0].residual)


def test_a_path_of_another_architecture_is_refused(following):
    final = following.steps("mlp")[-1]
    sentence = "one architecture, got mlp for .* and resnet20 for .*: choose networks of the same"
    with pytest.raises(LandscapeError, match=sentence):
        following.trajectory(RandomPlane(), final, ["resnet20"])
    with pytest.raises(LandscapeError, match="needs at least one run, got none"):
        following.trajectory(RandomPlane(), final, [])


def test_a_checkpoint_has_a_loss_of_its_own(following):
    for step in (following.steps("mlp")[0], following.steps("mlp")[-1]):
        wanted = following.own(step, "train", 256)
        following.open(wanted)
        snapshot = following.snapshot(wanted)
        assert (snapshot.progress.state, snapshot.progress.passes) == (JobState.DONE, 256)
        network, data = load_model(step), examples(wanted.query.data)
        loss = torch.nn.functional.cross_entropy(network(data.inputs), data.targets).item()
        assert snapshot.loss.item() == pytest.approx(loss, rel=1e-5)
        assert snapshot.error.item() > 0
    assert following.query("mlp", "train", 256, RandomPlane()) == wanted.query


def test_the_drops_of_the_rate_are_those_of_the_recipe(following):
    assert following.drops("mlp") == ()
    with pytest.raises(UnknownName, match="Unknown run 'nothing'"):
        following.drops("nothing")


def test_the_gradients_length_is_one_answer_for_all_examples_and_kept_beside_the_losses():
    service = LandscapeService(Settings(), MemoryStore(), [SequentialExecutor()])
    losses = service.query("mlp", "train", 48, RandomPlane())
    lattice = Lattice.spanning(1, (-0.5, 0.5), (-0.5, 0.5))
    found = {}
    for asked in (losses, replace(losses, measure="gradient")):
        *_, found[asked.measure] = service.unfolding(Survey(asked, lattice))
    network, data = load_model(losses.model), examples(losses.data)
    loss = torch.nn.functional.cross_entropy(network(data.inputs), data.targets)
    parts = torch.autograd.grad(loss, list(network.parameters()))
    expected = torch.cat([part.flatten() for part in parts]).norm().item()
    steep = found["gradient"]
    assert steep.loss[lattice.origin] == pytest.approx(expected, rel=1e-4)
    assert (steep.progress.examples, steep.progress.wanted, steep.progress.passes) == (48, 48, 9 * 48)
    assert found["losses"].loss[lattice.origin] == pytest.approx(loss.item(), rel=1e-4)
    again = service.snapshot(Survey(replace(losses, measure="gradient"), lattice, tolerance=0.01)).progress
    assert again.done == 0  # another survey, not opened yet
    *_, reopened = service.unfolding(Survey(replace(losses, measure="gradient"), lattice, tolerance=0.01))
    assert (reopened.progress.evaluated, reopened.progress.reused) == (0, 9)


def test_only_queries_for_the_gradient_depend_on_how_many_examples_there_are():
    keys = {}
    for measure in ("losses", "gradient"):
        some, more = (replace(query(size=size), measure=measure).key for size in (64, 128))
        keys[measure] = some, more
    assert keys["losses"][0] == keys["losses"][1]
    assert len({keys["losses"][0], *keys["gradient"]}) == 3


def test_the_norms_of_a_run_are_those_of_all_its_parameters(following):
    found = following.norms("mlp")
    assert found.steps == tuple(step.step for step in following.steps("mlp"))
    expected = [flat(dict(load_model(step).named_parameters())).norm().item() for step in following.steps("mlp")]
    np.testing.assert_allclose(found.norms, expected, rtol=1e-12)


def test_histograms_share_their_bins_and_count_every_weight_but_no_bias(following):
    ends = following.steps("mlp")[0], following.steps("mlp")[-1]
    found = following.histograms(ends)
    assert found.edges[0] == -found.edges[-1]
    for model, shares, beyond in zip(ends, found.shares, found.beyond, strict=True):
        weights = flat({name: w for name, w in load_model(model).named_parameters() if w.dim() > 1}).numpy()
        np.testing.assert_allclose(shares, np.histogram(weights, found.edges)[0] / len(weights), rtol=1e-12)
        assert beyond == pytest.approx((np.abs(weights) > found.edges[-1]).mean(), abs=1e-12)
        assert beyond < 0.01


def test_weights_are_weighed_once_for_good(following, held, tmp_path):
    ends = following.steps("mlp")[:2]
    told = following.norms("mlp").norms, following.histograms(ends).shares, following.layers(ends[0])
    again = LandscapeService(Settings(cache_dir=tmp_path), MemoryStore(), [held])
    found = again.norms("mlp").norms, again.histograms(ends).shares, again.layers(ends[0])
    assert all(np.array_equal(one, other) for one, other in zip(told, found, strict=True))
    assert told[2] == ("layers.0", "layers.1", "layers.2")


def test_networks_of_several_architectures_share_no_histogram(following):
    with pytest.raises(BadReference, match="need one architecture, got mlp for"):
        following.histograms([following.steps("mlp")[0], following.steps("resnet20")[0]])
