import pytest
from hypothesis import given
from hypothesis import strategies as some

from compute.specs import STATISTICS, Cut, RandomPlane, Segment
from viewer import charts as views
from viewer.address import MAX_SEED, SWITCH
from viewer.charts import BATCHES, network
from viewer.drawing import drawn
from viewer.figures.style import CURVES
from viewer.profile import BEYOND, FACTORS, HEIGHTS, POINTS, SEEDS, SPLITS, VIEWS, ProfileState
from viewer.profile import STATISTICS as CHOICES
from viewer.state import NORMS, PRECISIONS, SAMPLES, SPANS

ENDS = some.floats(-8, 8).map(lambda end: float(f"{end:.6g}"))
STATES = some.builds(
    ProfileState,
    models=some.lists(some.sampled_from(["mlp", "mlp@0", "vgg9@10"]), max_size=3, unique=True).map(tuple),
    view=some.sampled_from(VIEWS),
    points=some.sampled_from(POINTS),
    span=some.sampled_from(SPANS),
    beyond=some.sampled_from(BEYOND),
    samples=some.sampled_from(SAMPLES),
    split=some.sampled_from(SPLITS),
    statistics=some.sampled_from(CHOICES),
    norm=some.sampled_from(NORMS),
    seed=some.integers(0, MAX_SEED),
    seeds=some.sampled_from(SEEDS),
    raw=some.sampled_from(SWITCH),
    factor=some.sampled_from(FACTORS),
    precision=some.sampled_from(PRECISIONS),
    curves=some.sampled_from(CURVES),
    height=some.sampled_from(HEIGHTS),
    errors=some.sampled_from(SWITCH),
    weights=some.sampled_from(SWITCH),
    cut=some.none() | some.tuples(ENDS, ENDS, ENDS, ENDS).filter(lambda ends: ends[:2] != ends[2:]),
)


@given(STATES)
def test_a_state_survives_the_address(state):
    reading = ProfileState.read("?" + state.query())
    assert reading.state == state
    assert reading.problems == ()


@given(some.text(max_size=60))
def test_no_address_is_too_strange_to_read(search):
    ProfileState.read("?" + search)


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("view=circle", "view should be one of direction, line"),
        ("cut=1,2,3", "cut should be two points as in 0,0,0.5,-0.25, up to ±8, got '1,2,3'"),
        ("cut=1,2,1,2", "cut should be two points"),
        ("cut=0,0,nan,1", "cut should be two points"),
        ("cut=0,0,9,1", "cut should be two points"),
        ("models=a,b,c,d,e", "At most 4 models"),
        ("statistics=none", "statistics should be one of recomputed, interpolated, frozen, all"),
    ],
)
def test_a_bad_value_is_a_sentence_and_the_default(search, sentence):
    reading = ProfileState.read(search)
    assert reading.state == ProfileState()
    assert sentence in reading.problems[0]


def found(service, **options):
    told = views.found(service, ProfileState(**options))
    assert told.problems == ()
    return told


def planes(chart):
    return [survey.query.plane for survey in chart.surveys]


def test_random_directions_are_one_curve_a_split_over_several_seeds(service):
    told = found(service, models=("mlp", "vgg9"), seeds=3, seed=5)
    assert len(told.charts) == 2
    for chart in told.charts:
        assert [len(row) for row in chart.rows] == [3, 3]
        assert planes(chart) == [RandomPlane(seed) for seed in (5, 6, 7)] * 2
    assert len(told.surveys) == 12


def test_raw_directions_stand_beside_the_normalised_ones_and_reach_about_as_far(service):
    normalised, raw = found(service, models=("vgg9",), raw="on").charts
    assert [survey.query.plane.norm for survey in (*normalised.surveys, *raw.surveys)] == ["filter"] * 2 + ["none"] * 2
    length = raw.surveys[0].lattice.reach * 2_791_000**0.5
    assert length / service.norms("vgg9").norms[-1] == pytest.approx(1, abs=0.42)  # the nearest power of two


def test_a_line_goes_from_the_first_model_to_the_second_and_shows_their_weights(service):
    told = found(service, models=("resnet20@0", "resnet20"), view="line")
    curve, *weights = told.charts
    start, end = service.steps("resnet20")[0], service.steps("resnet20")[-1]
    assert {survey.query.model for survey in curve.surveys} == {start}
    assert planes(curve) == [Segment(end, "recomputed")] * 2
    assert (curve.surveys[0].lattice.coordinates("x")[[0, -1]]).tolist() == [-0.5, 1.5]
    assert [(chart.kind, chart.names) for chart in weights] == [
        ("norms", "resnet20"),
        ("weights", "resnet20@0,resnet20"),
    ]
    norms, weights = (drawn(service, chart.kind, chart.names, {}) for chart in weights)
    assert [trace["name"] for trace in norms["data"]] == ["ResNet-20"]
    assert [trace["name"] for trace in weights["data"]] == ["ResNet-20, epoch 0", "ResNet-20"]


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ({"models": ("resnet20@0", "resnet56"), "view": "line"}, "ResNet-20, epoch 0 → ResNet-56"),
        ({"models": ("resnet20", "resnet56"), "view": "layers"}, "ResNet-20 → ResNet-56, layer by layer"),
        ({"models": ("mlp",), "view": "direction"}, "MLP, two layers · filter-normalised"),
        ({"models": ("vgg9",), "view": "training"}, "VGG-9: epoch "),
        ({"models": ("vgg9",), "view": "rescaled"}, "VGG-9 · raw directions"),
        ({"models": ("vgg9",), "view": "cut", "cut": (0.0, 0.0, 0.5, -0.25)}, "VGG-9 · (0, 0) → (0.5, −0.25)"),
    ],
    ids=lambda part: part.get("view") if isinstance(part, dict) else None,
)
def test_charts_are_titled_by_cards(service, state, title):
    assert found(service, **state).charts[0].title.startswith(title)


def test_a_line_with_one_model_begins_at_its_first_weights(service):
    (chart,) = found(service, models=("resnet20",), view="line", weights="off").charts
    assert chart.surveys[0].query.model == service.steps("resnet20")[0]


def test_all_statistics_stand_beside_one_another(service):
    chart = found(service, models=("resnet20", "resnet56"), view="line", statistics="all", weights="off").charts[0]
    assert {plane.statistics for plane in planes(chart)} == set(STATISTICS)


def test_training_goes_from_the_first_weights_to_the_last(service):
    (chart,) = found(service, models=("mlp",), view="training").charts
    steps = service.steps("mlp")
    assert {(survey.query.model, survey.query.plane.end) for survey in chart.surveys} == {(steps[0], steps[-1])}


def test_layers_move_one_at_a_time(service):
    (chart,) = found(service, models=("resnet20", "resnet56"), view="layers").charts
    assert [plane.part for plane in planes(chart)] == ["", *service.layers(None)]


def test_a_rescaled_network_stands_beside_the_original_on_both_kinds_of_direction(service):
    told = found(service, models=("mlp",), view="rescaled", factor=5.0)
    for chart, norm in zip(told.charts, ("none", "filter"), strict=True):
        assert {(survey.query.model.rescale, survey.query.plane.norm) for survey in chart.surveys} == {
            (1, norm),
            (5, norm),
        }


def test_a_cut_goes_through_the_plane_of_every_model(service):
    told = found(service, models=("mlp", "vgg9"), view="cut", cut=(0.0, 0.0, 0.5, -0.25), seed=3)
    assert [planes(chart)[0] for chart in told.charts] == [Cut(RandomPlane(3), (0.0, 0.0), (0.5, -0.25))] * 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"view": "direction"}, "This view needs a model, got none: choose from the cards."),
        ({"view": "line"}, "This view needs a model, got none"),
        (
            {"view": "training", "models": ("broken",)},
            "needs a run that keeps its first weights, Broken checkpoint has no other",
        ),
        (
            {"view": "line", "models": ("broken",)},
            "needs two networks, Broken checkpoint has one checkpoint alone",
        ),
        ({"view": "cut", "models": ("mlp",)}, "A cut needs two points of a plane"),
        ({"models": ("nothing",)}, "Unknown run 'nothing'"),
        (
            {"models": ("mlp@7",)},
            "A checkpoint of MLP, two layers should be of epoch 0, 5, 10, 15, 20, 25, 30, 35, 40, got '7': choose",
        ),
        ({"view": "batches"}, "Unknown run 'vgg9-sgd-bs128-wd0'"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(service, options, sentence):
    told = views.found(service, ProfileState(**options))
    assert told.charts == ()
    assert sentence in told.problems[0]


def test_a_network_without_a_checkpoint_is_a_sentence_and_has_no_epochs(service, monkeypatch):
    monkeypatch.setitem(service.lengths, "mlp", 0)
    told = views.found(service, ProfileState(models=("mlp",)))
    assert told.problems == ("A network should have a checkpoint, MLP, two layers has none yet: wait for the first.",)
    assert views.epochs(service, "mlp") == ("mlp", "MLP, two layers", [], "")


def test_raw_directions_of_a_run_that_is_still_in_training_are_a_sentence(service, monkeypatch):
    ended = [card for card in service.cards() if card.run != "mlp"]
    monkeypatch.setattr(service, "cards", lambda: tuple(ended))
    (problem,) = views.found(service, ProfileState(models=("mlp",), raw="on")).problems
    assert "mlp is still in training" in problem


def test_every_chart_is_drawn(service):
    for view in VIEWS:
        state = ProfileState(models=("resnet20", "resnet56"), view=view, points=17, cut=(0.0, 0.0, 1.0, 0.0))
        for chart in views.found(service, state).charts:
            service.watch("tab", chart.surveys)
            figure = drawn(service, chart.kind, chart.names, {})
            assert {"version", "state", "drawable", "columns"} <= figure["layout"]["meta"].keys()


def test_the_papers_figure_names_two_runs_a_row():
    assert len(BATCHES) == 2
    assert all("bs128" in small and small.replace("bs128", "bs1024") == large for _, small, large in BATCHES)


def test_a_network_is_named_by_run_and_epoch(service):
    assert network(service, "mlp@10").step == 10
    assert network(service, "mlp") == network(service, "mlp@40")
