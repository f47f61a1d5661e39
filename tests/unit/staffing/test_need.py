"""Need, supply and training, checked by hand on the small city."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from geodata import City
from geodata.layers import FIELDS
from planner import PlanError, Standard
from planner.staffing import needs, published, roll_up, training


def profile(**changes):
    """Return the Taicang profile with other workers' tables."""
    tables = tomllib.loads((files("planner") / "standards/taicang-2013.toml").read_text("utf-8"))
    tables["workers"] |= changes
    return Standard.from_tables(tables, "edited")


@pytest.fixture(scope="module")
def standard():
    return Standard.load("taicang-2013")


def test_every_profile_states_the_need_of_every_field():
    for name in ("taicang-2013", "national-14fyp"):
        assert set(Standard.load(name).workers) == set(FIELDS)


def test_need_is_by_clients_or_by_residents(small_city, standard):
    table = needs(small_city, standard).set_index(["community_code", "field"])
    assert table.loc[("320585100001", "youth"), "need_fte"] == pytest.approx(6 / 80)
    assert table.loc[("320585100001", "other"), "need_fte"] == pytest.approx(2000 * 0.2 / 10_000)


def test_the_larger_need_counts_where_both_are_stated(small_city):
    rule = {"per_10000_residents": 5.0, "clients_per_fte": 60.0, "certified_share": 0.5}
    table = needs(small_city, profile(youth={**rule, "source": "test"}))
    youth = table[table["field"] == "youth"]
    assert (youth["need_fte"] == 1.0).all()


def test_shortage_less_surplus_is_need_less_supply(taicang, standard):
    table = needs(taicang, standard)
    for by in ("city", "town", "kind", "field", "community"):
        sums = roll_up(table, by)
        balance = sums["shortage_fte"] - sums["surplus_fte"]
        assert balance.to_numpy() == pytest.approx(
            (sums["need_fte"] - sums["supply_fte"]).to_numpy()
        )
        assert sums["supply_fte"].sum() == pytest.approx(taicang.workers["fte"].sum())
    assert not ((table["shortage_fte"] > 0) & (table["surplus_fte"] > 0)).any()


def test_posts_at_a_platform_have_no_community_and_count_in_the_town(small_tables, standard):
    small_tables["workers"].loc[0, "base_hall_id"] = "T2"
    table = needs(City.from_tables(small_tables), standard)
    platform = table[table["community_code"].isna()]
    assert platform["town_code"].tolist() == ["320585101"]
    assert platform["supply_fte"].tolist() == [2.0]
    assert roll_up(table, "city")["supply_fte"].sum() == 3.5


def test_posts_at_closed_halls_do_not_count(small_tables, standard):
    small_tables["halls"].loc[small_tables["halls"]["hall_id"] == "H1", "status"] = "closed"
    city = City.from_tables(small_tables)
    assert needs(city, standard)["supply_fte"].sum() == 1.0
    assert training(city, standard)["posts"].sum() == 1


def test_certifications_lift_each_group_to_its_target(small_city, standard):
    table = training(small_city, standard).set_index(["town_code", "field"])
    assert table.loc[("320585100", "youth"), "certifications"] == 1  # 1 of 2; 70 % of 2 is 1.4
    assert table.loc[("320585100", "women"), "certifications"] == 0
    assert table.loc[("320585101", "drug_control"), "certifications"] == 1
    town = training(small_city, standard, ("town_code",)).set_index("town_code")
    assert town.loc["320585100", "certifications"] == 1  # 70 % of 3 is 2.1, 2 are certified


def test_by_community_sensitive_fields_are_left_out(small_city, standard):
    table = needs(small_city, standard)
    shown = published(table, small_city, standard, "community")
    open_fields = table[~table["field"].isin(["drug_control", "community_correction"])]
    assert shown["need_fte"].sum() == pytest.approx(open_fields["need_fte"].sum())
    assert shown["withheld"].all()
    with pytest.raises(PlanError, match="not shown by community"):
        published(table, small_city, standard, "community", "drug_control")


def test_a_town_with_few_clients_does_not_tell_them_nor_does_subtraction(small_tables, standard):
    communities = small_tables["communities"]
    communities["clients_drug_control"] = [1, 1, 9, 9]
    city = City.from_tables(small_tables)
    table = needs(city, standard)
    shown = published(table, city, standard, "town", "drug_control").set_index("group")
    assert shown["withheld"].all()  # the other town is left out too, or the total would tell
    assert shown["need_fte"].isna().all()
    total = published(table, city, standard, "city", "drug_control")
    assert total["need_fte"].tolist() == pytest.approx([20 / 30])


def test_need_by_residents_is_not_sensitive(small_city):
    rule = {"per_10000_residents": 1.0, "certified_share": 0.5, "source": "test"}
    standard = profile(drug_control=rule)
    shown = published(
        needs(small_city, standard), small_city, standard, "community", "drug_control"
    )
    assert shown["need_fte"].tolist() == pytest.approx([0.2] * 4)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"certified_share": 0.5, "source": "x"}, r"workers\.youth: .*per_10000_residents"),
        ({"clients_per_fte": 0, "certified_share": 0.5, "source": "x"}, "workers.youth.clients"),
        ({"clients_per_fte": 9, "source": "x"}, "workers.youth.certified_share"),
    ],
)
def test_a_wrong_key_of_a_field_is_named(rule, problem):
    with pytest.raises(PlanError, match=problem):
        profile(youth=rule)


def test_other_fields_have_no_clients_to_count():
    rule = {"clients_per_fte": 9, "certified_share": 0.5, "source": "x"}
    with pytest.raises(PlanError, match=r"workers\.other\.clients_per_fte"):
        profile(other=rule)
    with pytest.raises(PlanError, match=r"workers\.gardening"):
        profile(gardening=rule)


def test_a_visit_that_does_not_fit_in_a_day_is_refused():
    tables = tomllib.loads((files("planner") / "standards/taicang-2013.toml").read_text("utf-8"))
    tables["outreach"]["visit_hours"] = 7
    with pytest.raises(PlanError, match="exceed hours_per_day"):
        Standard.from_tables(tables, "edited")


def test_a_standard_without_workers_is_refused_by_name(small_city, standard):
    bare = standard.model_copy(update={"workers": {}, "outreach": None})
    with pytest.raises(PlanError, match="no table 'workers'"):
        needs(small_city, bare)
