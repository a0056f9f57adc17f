"""The short versions of the campaigns; that of `tabs` is in tests/browser/test_tabs.py."""

import pytest

from tests.campaign import closed_tabs, queue, servers, stops, workers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("campaign", "count"), [(workers, 6), (stops, 3), (servers, 2), (closed_tabs, 20), (queue, 10)]
)
def test_a_short_campaign_ends_as_promised(campaign, count):
    assert str(count) in campaign.run(count)
