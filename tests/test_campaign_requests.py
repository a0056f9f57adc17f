"""The short versions of `python -m tests.campaign addresses` and `bodies`."""

import pytest

from tests.campaign import addresses, bodies


@pytest.mark.parametrize(("attack", "count"), [(addresses, 100), (bodies, 250)], ids=["addresses", "bodies"])
def test_malformed_requests_are_answered_or_refused_in_a_sentence(attack, count):
    assert "no unexpected error" in attack.run(count, seed=7)
