import pickle

from compute.errors import BadData, UnknownName


def test_an_unknown_name_lists_the_known():
    assert (
        str(UnknownName("norm", "fliter", ["layer", "filter"])) == "Unknown norm 'fliter': choose one of filter, layer."
    )


def test_of_very_many_names_the_nearest_are_told_and_all_where_none_is_near():
    many = [f"vgg{depth}-bs{batch}" for depth in (9, 11, 13, 16) for batch in (128, 256, 512, 1024)]
    near = str(UnknownName("run", "vgg9", many))
    assert near == (
        "Unknown run 'vgg9': choose one of vgg9-bs1024, vgg9-bs128, vgg9-bs256, vgg9-bs512, the nearest of 16."
    )
    assert "vgg16-bs512, the nearest of 16" in str(UnknownName("run", "vgg16-bs51", many))
    assert all(name in str(UnknownName("run", "nothing", many)) for name in many)


def test_errors_travel_between_processes_whole():
    for error in (UnknownName("norm", "x", ["a", "b"]), BadData("A sentence.")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
