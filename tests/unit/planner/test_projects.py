"""Projects of a city: need, candidates, what is published, the command."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from geodata import City
from planner import Standard
from planner.errors import ArgumentError, InfeasibleError, PlanError
from planner.projects import choose_projects, projects_of_city, published, unmet_clients
from planner.projects.of_city import by_field, candidates_of, running
from tests.bad_inputs.test_bad_cities import run, save

pytestmark = pytest.mark.slow

STANDARD = Standard.load("taicang-2013")


def test_need_is_the_clients_whom_no_worker_of_the_hall_can_take_on(small_tables):
    small_tables["communities"]["clients_youth"] = [120, 7, 6, 6]
    need = unmet_clients(City.from_tables(small_tables), STANDARD)
    assert need["320585100001", "youth"] == 120 - 2 * 50
    assert need["320585100200", "youth"] == 7
    assert need["320585101001", "drug_control"] == 0


def test_a_project_needs_a_professional_lead_where_the_standard_asks_for_one(small_tables):
    small_tables["projects"]["professional_lead"] = False
    assert candidates_of(City.from_tables(small_tables), STANDARD).empty
    national = Standard.load("national-14fyp")
    assert len(candidates_of(City.from_tables(small_tables), national)) == 1


def test_capacity_counts_money_and_volunteers(small_city):
    assert candidates_of(small_city, STANDARD)["capacity"].tolist() == [120_000 / 2_000 + 15]


def test_taicang_under_the_budgets_of_the_report(taicang):
    found = projects_of_city(taicang, STANDARD)
    assert found.status == "optimal"
    assert found.budgets.to_dict() == STANDARD.projects.budgets_yuan
    assert (found.spent <= found.budgets).all()
    assert found.projects["organisation_id"].value_counts().max() <= 2
    town = taicang.communities.set_index("code")["town_code"]
    served = found.projects["community_codes"].str.split(";").explode().map(town)
    assert served.nunique() == 9
    assert found.need_met > 1.5 * running(taicang, STANDARD).need_met


def test_towns_left_short_are_named(small_city):
    with pytest.raises(InfeasibleError, match="320585101"):
        projects_of_city(small_city, STANDARD)


def test_small_counts_of_sensitive_clients_are_not_published(taicang):
    candidates = candidates_of(taicang, STANDARD)
    tight = unmet_clients(taicang, STANDARD).clip(upper=0.5)
    found = projects_of_city(
        taicang, STANDARD, need=tight, budgets={"purchase": 900_000}, per_town=0
    )
    table = published(found, taicang)
    assert len(candidates) > len(table) > 5
    sensitive = table["field"].isin(["drug_control", "community_correction"])
    shown = table.loc[sensitive, "clients_met"]
    whole = [count for count in shown if not isinstance(count, str)]
    assert all(count == 0 or count >= 5 for count in whole)
    assert (shown == "<5").any()
    assert table.loc[~sensitive, "clients_met"].map(lambda count: isinstance(count, int)).all()


def test_a_share_does_not_tell_a_count_that_is_hidden(taicang):
    need = unmet_clients(taicang, STANDARD)
    need[need.index.get_level_values(1) == "drug_control"] = 0.0
    need["320585100001", "drug_control"] = 3.0
    found = projects_of_city(taicang, STANDARD, need=need, budgets={"suzhou": 1e5}, per_town=0)
    table = by_field(found, need).set_index("field")
    assert table.at["drug_control", "clients_unmet"] == "<5"
    assert pd.isna(table.at["drug_control", "share"])
    assert table["share"].notna().sum() == 4


def test_arguments_that_cannot_be_worked_with():
    table = pd.DataFrame(
        {
            "organisation_id": ["O"], "field": "youth", "community_codes": "A",
            "cost_yuan": -1.0, "funder": "f", "capacity": 1.0,
        },
        index=["P1"],
    )  # fmt: skip
    need = pd.Series([1.0], pd.MultiIndex.from_tuples([("A", "youth")]))
    with pytest.raises(ArgumentError, match="'P1': cost_yuan is -1"):
        choose_projects(table, need, {"f": 1})
    sound = table.assign(cost_yuan=1.0)
    with pytest.raises(ArgumentError, match="no column capacity"):
        choose_projects(sound.drop(columns="capacity"), need, {"f": 1})
    with pytest.raises(ArgumentError, match="give yuan, 0 or more"):
        choose_projects(sound, need, {"f": -1})
    with pytest.raises(ArgumentError, match="per_town needs towns"):
        choose_projects(sound, need, {"f": 1}, per_town=1)
    with pytest.raises(ArgumentError, match="nothing for the community 'A'"):
        choose_projects(sound, need, {"f": 1}, per_town=1, towns=pd.Series({"B": "T"}))
    with pytest.raises(InfeasibleError, match="must be bought"):
        choose_projects(sound, need, {"f": 0}, fixed=["P1"])


def test_a_funder_that_no_project_names(small_city):
    with pytest.raises(PlanError, match="no project names the funder 'bank'"):
        projects_of_city(small_city, STANDARD, budgets={"bank": 1})


@pytest.fixture
def city(small_tables, tmp_path):
    return save(small_tables, tmp_path / "city")


def test_the_command_says_what_is_bought_and_that_nothing_is_better(city, monkeypatch, capsys):
    arguments = ("projects", city, "--budget", "purchase=150000", "--per-town", 0)
    code, said, _ = run(monkeypatch, capsys, *arguments)
    assert code == 0
    assert "青年驿站" in said
    assert "proven optimal" in said
    code, said, _ = run(monkeypatch, capsys, *arguments, "--json")
    (row,) = json.loads(said)
    assert row["clients_met"] == 6
    assert row["paid_by"] == "purchase"


def test_the_command_says_what_the_next_money_would_buy(city, monkeypatch, capsys):
    arguments = ("projects", city, "--budget", "purchase=50000", "--per-town", 0)
    _, said, _ = run(monkeypatch, capsys, *arguments, "--next", "purchase", "--csv", "--steps", 1)
    rows = [line.split(",") for line in said.splitlines()]
    met = rows[0].index("clients_met")
    assert [float(row[met]) for row in rows[1:]] == [0.0, 5.0]


def test_the_command_refuses_a_budget_that_is_none(city, monkeypatch, capsys):
    code, _, err = run(monkeypatch, capsys, "projects", city, "--budget", "purchase")
    assert code == 2
    assert "give FUNDER=YUAN" in err
