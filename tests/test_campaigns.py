"""The short versions of the campaigns that kill and stop processes."""

import pytest

from tests.campaign import servers, stops, workers


@pytest.mark.slow
@pytest.mark.parametrize(("campaign", "count"), [(workers, 6), (stops, 3), (servers, 2)])
def test_a_short_campaign_ends_as_promised(campaign, count):
    assert str(count) in campaign.run(count)
