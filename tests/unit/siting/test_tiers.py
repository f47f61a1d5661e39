"""Tiered models by hand: nested tiers, referral, upgrades, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from planner import siting
from planner.errors import SitingError

pytestmark = pytest.mark.slow  # compiled code is loaded

LINE = np.array([0.0, 1, 2, 10])
APART = abs(LINE[:, None] - LINE)


def test_whoever_is_referred_travels_from_home_or_on_from_the_facility():
    asked = {"fixed": {0: 1, 3: 2}, "referral": 0.5, "weights": [1, 0, 2, 0], "p": [0, 0]}
    home = siting.tiered_median([APART, APART], **asked)
    assert home.travel["cost"].tolist() == [2 * 2, 0.5 * 10 + 0.5 * 2 * 8]
    on = siting.tiered_median([APART], links=[APART], **asked)
    # 2 + 10 / 2 by the hall is less than 8 at the platform at once.
    assert on.assignment.values.tolist() == [[0, 3], [0, 3], [0, 3], [3, 3]]
    assert on.travel["cost"].tolist() == [2 * 2, 0.5 * 10 + 0.5 * 2 * 10]


def test_three_tiers_are_nested_and_passed_one_after_the_other():
    asked = {
        "fixed": {0: 1, 1: 2, 3: 3}, "referral": [0.5, 0.5], "weights": [4, 0, 0, 0],
    }  # fmt: skip
    for links, today, with_one_more in (
        (None, [0, 2 * 1, 1 * 10], [0, 2 * 1, 1 * 1]),
        ([APART, APART], [0, 2 * 1, 1 * 9], [0, 2 * 1, 0]),
    ):
        cost = [APART] * (3 if links is None else 1)
        now = siting.tiered_median(cost, [0, 0, 0], links=links, **asked)
        assert now.travel["cost"].tolist() == today
        # A centre offers all that a platform and a hall offer.
        best = siting.tiered_median(cost, [0, 0, 1], links=links, **asked)
        assert best.raised.to_dict("index") == {0: {"from_tier": 1, "to_tier": 3}}
        assert best.objective == 0
        other = siting.tiered_median(cost, [0, 0, 1], links=links, forbidden=[0], **asked)
        assert other.raised.to_dict("index") == {1: {"from_tier": 2, "to_tier": 3}}
        assert other.travel["cost"].tolist() == with_one_more


def test_the_way_on_decides_which_facility_serves():
    found = siting.tiered_median(
        [[[3.0, 4.0]]], [0, 0], links=[[[9.0, 9.0], [9.0, 0.0]]], referral=1, fixed={0: 1, 1: 2}
    )
    assert found.assigned.tolist() == [[1, 1]]
    assert found.objective == 4


def test_a_community_hall_is_raised_where_that_is_cheaper_than_building():
    found = siting.tiered_median(
        [APART, APART], budget=3, referral=1.0, fixed={0: 1}, weights=[1, 1, 1, 0],
        site_costs=[[9, 3], [9, 9], [9, 9], [9, 9]],
    )  # fmt: skip
    assert found.raised.to_dict("index") == {0: {"from_tier": 1, "to_tier": 2}}
    assert found.spent == 3
    assert [sites.tolist() for sites in found.sites] == [[], [0]]


def test_a_site_goes_no_higher_than_it_may():
    found = siting.tiered_median(
        [APART, APART], [0, 1], referral=1.0, highest=[1, 1, 2, 1], forbidden=[3]
    )
    assert found.levels.tolist() == [0, 0, 2, 0]


def test_every_tier_must_cover_where_that_is_asked():
    near, far = APART <= 1, APART <= 2
    apart = siting.tiered_coverage([near, far], [1, 1], weights=[3, 1, 1, 9], fixed={0: 1})
    both = siting.tiered_coverage(
        [near, far], [1, 0], weights=[3, 1, 1, 9], fixed={0: 1, 2: 2}, every_tier=True
    )
    assert apart.objective == (3 + 1) + (9 + 9) + 1
    assert both.objective == 5
    assert apart.assigned[[0, 3]].tolist() == [[0, -1], [3, 3]]


def test_answers_speak_of_ids():
    names, homes = ["A", "B", "C", "D"], ["p", "q", "r", "s"]
    table = pd.DataFrame(APART, index=homes, columns=names)
    prices = pd.DataFrame({1: [1.0] * 4, 2: 2.0}, index=names).iloc[::-1]
    found = siting.tiered_median(
        [table, table], [1, 0], referral=0.5, fixed=pd.Series({"A": 2}), site_costs=prices
    )
    assert found.sites[0].tolist() == ["D"]
    assert found.sites[1].tolist() == ["A"]
    assert found.assignment.loc["s"].tolist() == ["D", "A"]
    assert "1 to tier 1" in found.summary()


def test_what_cannot_be_says_why():
    islands = np.where(APART > 5, np.inf, APART)
    found = siting.tiered_median([islands, islands], [2, 1], referral=0.5)
    assert found.status == "infeasible"
    assert "at tier 2" in found.message
    alone = siting.tiered_median([APART, islands], [1, 1], referral=0.5, forbidden=[3])
    assert "tier 2 reaches demand 3" in alone.message
    assert math.isnan(alone.objective)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "neither p nor budget"),
        ({"p": [1]}, "each of the 2 tiers"),
        ({"p": [1, 0.5]}, "p of tier 2 is 0.5"),
        ({"p": [1, 1], "referral": 1.5}, "a share from 0 to 1"),
        ({"p": [1, 1], "referral": [0.5, 0.5]}, "give 3"),
        ({"p": [1, 1], "fixed": [0]}, "the tier of each open site"),
        ({"p": [1, 1], "fixed": {0: 3}}, "give 0 to 2"),
        ({"p": [1, 1], "fixed": {9: 1}}, "names site 9"),
        ({"p": [1, 1], "highest": [3, 1, 1, 1]}, "whole numbers from 0 to 2"),
        ({"p": [1, 1], "site_costs": [[1, 2]]}, "sites × tiers, 4 × 2"),
        ({"budget": [1]}, "each of the 2 tiers"),
        ({"budget": -1}, "a number of 0 or more, or one per tier"),
        ({"p": [1, 1], "gap": -1}, "gap is -1"),
        ({"p": [1, 1], "links": [APART]}, "give 1"),
    ],
)
def test_requests_that_make_no_sense_are_refused(asked, said):
    with pytest.raises(SitingError, match=said):
        siting.tiered_median([APART, APART], **({"referral": 0.5} | asked))


def test_tiers_must_speak_of_the_same_places():
    with pytest.raises(SitingError, match="other demand or sites"):
        siting.tiered_coverage([APART, APART[:3]], [1, 1], radius=2)
    with pytest.raises(SitingError, match="between the sites"):
        siting.tiered_median([APART], [1, 1], referral=1, links=[APART[:3, :3]])
    with pytest.raises(SitingError, match="is -1"):
        siting.tiered_median([APART, APART - 1], [1, 1], referral=1)
    with pytest.raises(SitingError, match="every_tier"):
        siting.tiered_coverage(APART, 1, radius=2, every_tier=True, tier_weights=[1])
