import csv
import io
import json
import re
from types import SimpleNamespace

import bibtexparser
import h5py
import numpy as np
import pytest

from compute.errors import BadReference, UnknownName
from compute.profile import readings
from compute.store.tables import FORMATS
from compute.weighing import Norms
from viewer import charts, sheet, tables
from viewer import export as exports
from viewer.chart_export import KINDS
from viewer.export import Paper, wish
from viewer.profile import ProfileState
from viewer.sheet import Part, Sheet

LINK = "/profile/?models=resnet20,resnet56&view=line&split=train&points=17"


def exported(service, folder, link, *names):
    """The files of a link, by name."""

    def finish(survey):
        version = 0
        while service.snapshot(survey).progress.state not in {"done", "failed"}:
            version = service.wait(version, 5)

    wished = wish(link, [folder / name for name in names], Paper())
    return {path.name: path.read_bytes() for path in exports.export(service, wished, finish)}


def test_the_numbers_of_every_chart_are_files_that_their_libraries_open(service, tmp_path):
    found = exported(service, tmp_path, LINK, "a.csv", "a.h5", "a.npz")
    assert len(found) == 9
    text = found["a_resnet20_resnet56_line.csv"].decode()
    (survey,) = [job.survey for job in service.jobs.values() if job.survey.lattice.shape == (1, 17)]
    rows = list(csv.DictReader(io.StringIO(text.partition("\n")[2])))
    np.testing.assert_allclose([float(row["alpha"]) for row in rows], survey.lattice.coordinates("x"))
    np.testing.assert_allclose([float(row["loss_1"]) for row in rows], service.snapshot(survey).loss[0])
    assert json.loads(text.splitlines()[0][2:])[0]["plane"]["kind"] == "segment"
    with h5py.File(io.BytesIO(found["a_norm_resnet20_resnet56.h5"])) as file:
        assert (
            file["norm"][:].tolist()
            == np.concatenate([service.norms(run).norms for run in ("resnet20", "resnet56")]).tolist()
        )
    weights = np.load(io.BytesIO(found["a_weights_resnet20_resnet56.npz"]))
    assert weights["share_2"].sum() == pytest.approx(0.99)


def test_norms_name_their_runs_in_text_whatever_letters_these_have():
    runs = {"vgg9": Norms("vgg9", (0, 0.5), np.array([1.0, 2.0])), "größe": Norms("größe", (None,), np.array([3.0]))}
    service = SimpleNamespace(norms=runs.get, export_table=lambda *told: FORMATS[told[2]](*told[:2]))
    text = tables.written(service, "norms", "vgg9,größe", "csv").decode()
    rows = list(csv.DictReader(text.splitlines()[1:]))
    assert [(row["run"], row["epoch"]) for row in rows] == [("vgg9", "0.0"), ("vgg9", "0.5"), ("größe", "nan")]
    with np.load(io.BytesIO(tables.written(service, "norms", "vgg9,größe", "npz")), allow_pickle=False) as file:
        assert file["run"].tolist() == ["vgg9", "vgg9", "größe"]
    with h5py.File(io.BytesIO(tables.written(service, "norms", "vgg9,größe", "h5"))) as file:
        assert [run.decode() for run in file["run"][:]] == ["vgg9", "vgg9", "größe"]


def test_a_caption_names_what_the_charts_depend_on_and_their_numbers(service, tmp_path):
    found = exported(service, tmp_path, LINK, "c.txt", "c.bib")
    text = found["c.txt"].decode()
    assert "ResNet-20 → ResNet-56: train loss (loss at 0 " in text
    assert re.search(r"barrier \d", text)
    assert "recomputed at each point on 512 training images in batches of 128" in text
    assert "Norm of the weights: ‖θ‖₂ of all parameters of ResNet-20 and ResNet-56" in text
    assert "Points: 17 from α = −0.5 to 1.5." in text
    keys = re.findall(r"@\w+\{(\w+),", found["c.bib"].decode())
    assert {"li2018visualizing", "goodfellow2015qualitatively", "garipov2018loss"} < set(keys)


def test_a_caption_tells_what_several_directions_have_in_common_and_how_far_they_lie_apart(service, tmp_path):
    link = "/profile/?models=mlp&seeds=3&seed=5&split=train&points=17"
    text = exported(service, tmp_path, link, "c.txt")["c.txt"].decode()
    assert "train loss, mean of log loss over 3 directions of seeds 5 to 7, in a band of one standard deviation" in text
    view = ProfileState(models=("mlp",), seeds=3, seed=5, split="train", points=17)
    surveys = charts.found(service, view).charts[0].surveys
    told = [{one.name: one.value for one in readings(service.snapshot(survey))} for survey in surveys]
    sharp = [each["Sharpness at 0"] for each in told]
    assert "(mean ± standard deviation of what each direction tells: loss at 0 0.03, " in text  # the model's own in all
    assert f"sharpness at 0 {np.mean(sharp):.3g} ± {np.std(sharp, ddof=1):.2g} %" in text
    assert "Directions: random Gaussian δ of seeds 5 to 7, one for each direction, each filter scaled" in text
    assert "not moved; BatchNorm statistics are those of θ* everywhere." in text
    linear = exported(service, tmp_path, link + "&height=linear", "c.txt")["c.txt"].decode()
    assert "train loss, mean over 3 directions of seeds 5 to 7, in a band of one standard deviation" in linear
    right = exported(service, tmp_path, link + "&curves=accuracy", "c.txt")["c.txt"].decode()
    assert "in a band" not in right
    alone = exported(service, tmp_path, "/profile/?models=mlp&split=train&errors=on", "c.txt")["c.txt"].decode()
    assert "train loss, in a band of one standard error to either side (loss at 0 0.03," in alone


def keys(found):
    library = bibtexparser.parse_string(found["c.bib"].decode())
    assert library.failed_blocks == []
    return {entry.key for entry in library.entries}


@pytest.mark.parametrize(
    ("view", "used"),
    [
        ("models=mlp", {"keskar2017large"}),
        ("models=mlp&points=17&range=4", set()),  # whose points are too far apart to tell sharpness
        ("models=mlp&view=rescaled", {"keskar2017large", "dinh2017sharp"}),
        ("models=mlp&view=line&statistics=frozen", {"keskar2017large"}),
        ("models=mlp&view=line", {"keskar2017large", "garipov2018loss"}),
        ("models=mlp&view=cut&cut=0,0,1,1", {"keskar2017large"}),
    ],
)
def test_a_view_cites_the_methods_that_it_used(service, tmp_path, view, used):
    found = keys(exported(service, tmp_path, f"/profile/?{view}&split=train&weights=off", "c.bib"))
    cited = {"keskar2017large", "dinh2017sharp", "garipov2018loss", "deslauriers1989symmetric"} & found
    assert cited == used
    assert {"li2018visualizing", "goodfellow2015qualitatively"} <= found


def test_weights_alone_are_no_line(service):
    told = sheet.told(service, Sheet((Part("norms", "mlp", {}, "Norm", {}),)))
    assert told["txt"].startswith("Norm: ‖θ‖₂ of all parameters of MLP, two layers")
    assert "goodfellow" not in told["bib"]


def test_a_page_that_needs_no_network_holds_all_charts(service, tmp_path):
    page = exported(service, tmp_path, LINK, "c.html")["c.html"].decode()
    assert "ResNet-20 → ResNet-56" in page
    assert "Weights of both ends" in page


@pytest.mark.parametrize(
    ("link", "name", "problem", "message"),
    [
        ("/profile/?view=circle", "a.csv", BadReference, "view should be one of direction"),
        ("/profile/?models=mlp", "a.glb", UnknownName, "Unknown kind of file 'glb': choose one of"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_computed(tmp_path, link, name, problem, message):
    with pytest.raises(problem, match=message):
        wish(link, [tmp_path / name], Paper())


def test_what_cannot_be_shown_is_not_exported(service, tmp_path):
    with pytest.raises(BadReference, match="This view needs a model, got none"):
        exported(service, tmp_path, "/profile/", "a.csv")


def test_a_link_of_the_page_is_told_from_explores(tmp_path):
    assert isinstance(wish(LINK, [tmp_path / "a.csv"], Paper()).state, ProfileState)
    assert "glb" not in KINDS


def test_a_charts_numbers_are_served(client, service, tmp_path):
    exported(service, tmp_path, LINK, "a.csv")
    survey = next(iter(service.jobs))
    answer = client.get(f"/api/table/line/{survey}/csv?name=curve")
    assert answer.headers["Content-Disposition"].endswith("curve.csv")
    assert answer.data.decode().splitlines()[1].startswith("alpha,loss_1")
    assert client.get(f"/api/table/circle/{survey}/csv").status_code == 404
