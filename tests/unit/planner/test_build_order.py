"""The plan step by step: what each site adds, and which site first serves whom."""

from __future__ import annotations


def test_the_build_order_leads_from_today_to_the_plan(small_plan):
    city, communities = small_plan.build_order()
    assert city.index.tolist() == [0, 1, 2]
    assert city["residents_unserved"].iloc[0] == small_plan.summary["unserved_before"]
    assert city["residents_unserved"].iloc[-1] == small_plan.summary["unserved_after"]
    gained = -city["residents_unserved"].diff().iloc[1:]
    assert gained.tolist() == small_plan.recommendations["residents_gained"].tolist()
    assert city["cost_yuan"].iloc[-1] == small_plan.summary["cost_yuan"]
    gaps = small_plan.gaps.set_index("community_code").loc[communities.index]
    assert communities[0].tolist() == gaps["residents_unserved"].tolist()
    assert communities[2].tolist() == gaps["residents_unserved_after"].tolist()
    assert (communities.sum() == city["residents_unserved"]).all()


def test_each_settlement_names_the_site_that_first_serves_it(small_plan):
    places = small_plan.settlements
    assert (places["served_from_rank"].eq(0).fillna(False) == places["served_before"]).all()
    assert (places["served_from_rank"].notna() == places["served_after"]).all()
    for site in small_plan.recommendations.itertuples():
        first = places["served_from_rank"].eq(site.rank).fillna(False)
        assert places.loc[first, "residents"].sum() == site.residents_gained
