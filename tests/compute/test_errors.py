import pickle

from compute.errors import BadData, UnknownName


def test_an_unknown_name_lists_the_known():
    assert (
        str(UnknownName("norm", "fliter", ["layer", "filter"])) == "Unknown norm 'fliter': choose one of filter, layer."
    )


def test_errors_travel_between_processes_whole():
    for error in (UnknownName("norm", "x", ["a", "b"]), BadData("A sentence.")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
