import csv
import io
import re

import h5py
import numpy as np
import pytest
import trimesh
from PIL import Image

from compute.errors import BadReference, UnknownName
from tests.viewer.test_chart_export import exported
from viewer import trajectory_export
from viewer.course import course
from viewer.drawing import drawn
from viewer.explore_export import NUMBERS
from viewer.export import wish
from viewer.figures.moment import moment
from viewer.paper import Paper
from viewer.trajectory_export import sheet_of
from viewer.trajectory_screen import CHARTS, trajectory_screen
from viewer.trajectory_state import TrajectoryState

LINK = "/trajectory/?models=vgg9&points=9"


def rows(content):
    return list(csv.DictReader(io.StringIO(re.sub("^#.*\n", "", content.decode(), flags=re.MULTILINE))))


def test_numbers_are_those_of_the_surface_and_of_the_checkpoints(service, tmp_path):
    found = exported(service, tmp_path, LINK, "a.csv", "a.h5", "a.npz", "a.vtk", "a.glb")
    assert set(found) == {"a.csv", "a_track.csv", "a.h5", "a_track.h5", "a.npz", "a_track.npz", "a.vtk", "a.glb"}
    survey = trajectory_screen(service, TrajectoryState(models=("vgg9",), points=9)).survey
    shot = service.snapshot(survey)
    np.testing.assert_allclose([float(row["loss"]) for row in rows(found["a.csv"])], shot.loss.ravel(), rtol=1e-5)
    (walk,) = course(service, survey, ["vgg9"]).walks
    track = rows(found["a_track.csv"])
    np.testing.assert_allclose([float(row["x"]) for row in track], walk.track.x)
    np.testing.assert_allclose([float(row["plane_loss"]) for row in track], walk.plane)
    with h5py.File(io.BytesIO(found["a_track.h5"])) as file:
        np.testing.assert_allclose(file["proj_ycoord"][:], walk.track.y)
    assert np.load(io.BytesIO(found["a_track.npz"]))["epoch"].tolist() == [0, 5, 10, 15, 20, 25, 30]
    mesh = trimesh.load(io.BytesIO(found["a.glb"]), file_type="glb", force="mesh")
    assert len(mesh.faces) == 2 * (shot.loss.shape[0] - 1) * (shot.loss.shape[1] - 1)


def test_side_by_side_each_run_has_files_of_its_own(service, tmp_path):
    found = exported(service, tmp_path, "/trajectory/?models=vgg9,mlp&view=apart&points=9", "a.csv", "{run}.ply")
    assert set(found) == {"a_vgg9.csv", "a_vgg9_track.csv", "a_mlp.csv", "a_mlp_track.csv", "vgg9.ply", "mlp.ply"}
    track = rows(found["a_mlp_track.csv"])
    assert {row["run"] for row in track} == {"mlp"}
    assert np.isfinite([[float(row[name]) for name in ("loss", "plane_loss")] for row in track]).all()


def test_words_name_the_plane_the_paths_and_the_literature(service, tmp_path):
    found = exported(service, tmp_path, "/trajectory/?models=resnet20,resnet56&points=9", "a.txt", "a.bib", "a.html")
    text = found["a.txt"].decode()
    assert "Directions: the two principal components of 11 checkpoints of ResNet-20 and ResNet-56" in text
    assert "Paths: 6 checkpoints of ResNet-20 and 5 checkpoints of ResNet-56, projected by least squares" in text
    assert "li2018visualizing" in found["a.bib"].decode()
    assert "atlas.film([[0.0, 5.0" in found["a.html"].decode()


@pytest.mark.parametrize(
    ("view", "kinds"),
    [
        ("contour", ["contour", *CHARTS]),
        ("surface", ["surface", *CHARTS]),
        ("both", ["surface", "contour", *CHARTS]),
        ("apart", ["contour"]),
    ],
)
def test_the_sheet_has_the_figures_of_the_page(service, view, kinds):
    state = TrajectoryState(models=("vgg9",), view=view, points=9, at="12", height="linear")
    sheet = sheet_of(trajectory_screen(service, state), state, Paper(scheme="dark", transparent=True))
    assert [part.kind for part in sheet.parts] == kinds
    assert {part.view["at"] for part in sheet.parts} == {15}  # the first epoch that is not before 12
    assert {part.arguments["scheme"] for part in sheet.parts} == {"dark"}
    assert sheet.parts[0].arguments["height"] == "linear"
    assert sheet.ground == "clear"


def test_a_marked_epoch_is_each_runs_last_checkpoint_by_then(service, tmp_path):
    exported(service, tmp_path, "/trajectory/?models=resnet20,resnet56&points=9", "a.csv")
    state = TrajectoryState(models=("resnet20", "resnet56"), points=9)
    survey = trajectory_screen(service, state).survey
    figure = drawn(service, "contour", survey.id, {"tracks": "resnet20:6,resnet56:5"})
    walks = course(service, survey, ["resnet20", "resnet56"]).walks
    for epoch, places in ((0, (0, 0)), (7, (1, 1)), (20, (4, 4)), (25, (5, 4))):
        now = moment(figure, epoch)["data"][-1]
        assert now["x"] == [walk.track.x[place] for walk, place in zip(walks, places, strict=True)]
    assert figure["data"][-1]["x"] == [walk.track.x[-1] for walk in walks]  # the figure itself is left as it was


def test_the_playback_has_a_picture_for_each_epoch_of_any_run(service, tmp_path, monkeypatch):
    marked = []

    def painted(figures, kind, size):
        marked.extend(figure["data"][-1]["x"][0] for figure in figures)
        content = io.BytesIO()
        Image.new("RGB", size, "red").save(content, kind)
        return [content.getvalue()] * len(figures)

    monkeypatch.setattr(trajectory_export, "pictures", painted)
    link = "/trajectory/?models=vgg9,mlp&view=apart&points=9"
    film = Image.open(io.BytesIO(exported(service, tmp_path, link, "a.gif")["a.gif"]))
    assert len(marked) == 9  # epochs 0 to 40, of which the first run has seven
    assert film.format == "GIF"
    assert film.size == (1920, 754)


@pytest.mark.parametrize(
    ("link", "name", "problem", "message"),
    [
        ("/trajectory/", "a.png", BadReference, "An export needs a link that names a training"),
        ("/trajectory?models=vgg9&plane=cube", "a.png", BadReference, "plane should be one of components"),
        ("/trajectory?models=vgg9&at=soon", "a.png", BadReference, "The link's at should be an epoch, as in 20, got"),
        ("http://127.0.0.1:8050/trajectory/?models=vgg9", "a.mp4", UnknownName, "Unknown kind of file 'mp4'"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_computed(tmp_path, link, name, problem, message):
    with pytest.raises(problem, match=re.escape(message)):
        wish(link, [tmp_path / name], Paper())


def test_what_cannot_be_shown_is_not_exported(service, tmp_path):
    with pytest.raises(BadReference, match="needs 2 checkpoints at least, after the first 90 epochs there are 0"):
        exported(service, tmp_path, f"{LINK}&skip=90", "a.csv")


def test_every_number_of_a_surface_can_be_written():
    assert set(NUMBERS) < set(trajectory_export.KINDS)
