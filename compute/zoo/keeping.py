"""Which moments of a training are kept as checkpoints."""

from compute.errors import BadReference

EPOCHS = "epochs"
"""The rule that keeps the weights after every epoch."""

FORMS = "epochs, COUNT, steps:N or log:COUNT"


def kept_steps(rule: str, epochs: int, batches: int) -> frozenset[int]:
    """The steps after which weights are kept; the start (0) and the end among them.

    Args:
        rule: "epochs" keeps them after every epoch, "31" after as many epochs, evenly spread ("1": only the last),
            "steps:100" after every hundredth step, "log:20" after twenty, each the same multiple of the one before.
        epochs: how many there are.
        batches: the steps of an epoch.

    Raises:
        BadReference: the rule is none of these, or its number is below 1.

    Example:
        >>> sorted(kept_steps("4", 60, 10)), kept_steps("1", 60, 10) == {600}, sorted(kept_steps("log:5", 10, 10))
        ([0, 200, 400, 600], True, [0, 1, 5, 22, 100])
    """
    kind, _, text = rule.rpartition(":")
    last = epochs * batches
    if rule == EPOCHS:
        return frozenset(range(0, last + 1, batches))
    if kind not in ("", "steps", "log") or not text.isdecimal() or int(text) < 1:
        raise BadReference(f"The kept checkpoints should be named {FORMS}, but came as {rule!r}: write one of these.")
    number = int(text)
    if kind == "steps":
        return frozenset([*range(0, last, number), last])
    if number == 1:
        return frozenset([last])
    if kind == "log":
        gaps = max(number - 2, 1)
        return frozenset([0, last, *(round(last ** (gap / gaps)) for gap in range(gaps if number > 2 else 0))])
    gaps = min(number - 1, epochs)
    return frozenset(batches * round(gap * epochs / gaps) for gap in range(gaps + 1))
