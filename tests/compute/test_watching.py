from compute.watching import MOST_LEFT, MOST_TABS, Attention, Watching


def test_what_closed_tabs_named_is_forgotten():
    watching = Watching()
    for number in range(5 * MOST_LEFT):
        watching.look(f"tab{number}", [f"survey{number}"], number)
        watching.leave(f"tab{number}", number + 0.5)
    assert not watching.seen()
    assert len(watching._left) <= MOST_LEFT


def test_the_tab_that_asked_longest_ago_gives_way_to_one_too_many():
    watching = Watching()
    for number in range(MOST_TABS + 10):
        watching.look(f"tab{number}", [f"survey{number}"], number)
        watching.look("kept", ["kept"], number)
    assert "kept" in watching.seen()
    assert "survey0" not in watching.seen()
    assert len(watching.seen()) == MOST_TABS


def test_a_tab_on_screen_is_before_a_hidden_one_and_that_before_none():
    watching = Watching()
    watching.look("one", ["a", "b"], 1)
    watching.look("two", ["b", "c"], 1)
    watching.show("one", False)
    watching.show("unknown", True)
    assert [watching.attention(name) for name in "abcd"] == [
        Attention.HIDDEN,
        Attention.VISIBLE,
        Attention.VISIBLE,
        Attention.NOBODY,
    ]
    watching.look("one", ["a"], 2)
    assert watching.attention("a") is Attention.HIDDEN
    watching.leave("two", 3)
    assert watching.attention("b") is Attention.NOBODY


def test_a_tab_that_is_opened_behind_another_is_hidden_from_the_start():
    watching = Watching()
    watching.show("tab", False)
    watching.look("tab", ["a"], 1)
    assert watching.attention("a") is Attention.HIDDEN
    watching.leave("tab", 2)
    watching.show("tab", True)  # a report that was overtaken
    assert watching.look("tab", ["a"], 1.5) is None


def test_a_request_of_a_closed_tab_comes_too_late_but_the_tab_may_come_back():
    watching = Watching()
    watching.look("tab", ["a"], 1)
    watching.leave("tab", 2)
    assert watching.look("tab", ["a"], 1.5) is None
    assert watching.look("tab", ["a"], 3) == frozenset()
    assert watching.seen() == {"a"}
