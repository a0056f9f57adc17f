"""The short version of `python -m tests.campaign inputs`."""

import pytest

from tests.campaign.inputs import KINDS, campaign


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_or_refused_in_a_sentence(kind):
    assert "no code run" in campaign(kind, 200, seed=7)
