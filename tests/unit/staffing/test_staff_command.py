"""``sanshe staff`` as people and scripts use it."""

from __future__ import annotations

import json

import pytest

from tests.bad_inputs.test_bad_cities import run, save

pytestmark = pytest.mark.slow


@pytest.fixture
def city(small_tables, tmp_path):
    return save(small_tables, tmp_path / "city")


@pytest.mark.parametrize("by", ["town", "community", "field", "kind", "city"])
def test_need_and_supply_are_told_by_any_group(city, monkeypatch, capsys, by):
    code, said, _ = run(monkeypatch, capsys, "staff", city, "--by", by, "--json")
    assert code == 0
    rows = json.loads(said)
    balance = sum(r["shortage_fte"] - r["surplus_fte"] - r["need_fte"] for r in rows)
    assert balance == pytest.approx(-sum(r["supply_fte"] for r in rows))
    assert {r["withheld"] for r in rows} == {by == "community"}


def test_by_community_no_output_tells_the_clients_of_a_sensitive_field(city, monkeypatch, capsys):
    arguments = ("staff", city, "--by", "community", "--outreach", "--seconds", 1, "--json")
    code, said, _ = run(monkeypatch, capsys, *arguments)
    assert code == 0
    open_fields = 6 / 120 + 6 / 80 + 6 / 80 + 2000 * 0.2 / 10_000
    rows = json.loads(said)
    assert [row["need_fte"] for row in rows] == pytest.approx([open_fields] * 4)
    assert sum(row["supply_fte"] for row in rows) == 2.5  # without the post in drug control
    asked = ("staff", city, "--by", "community", "--field", "drug_control")
    code, said, err = run(monkeypatch, capsys, *asked)
    assert code == 2
    assert said == ""
    assert "--by town" in err


def test_outreach_is_told_in_sentences(city, monkeypatch, capsys):
    arguments = ("staff", city, "--by", "kind", "--outreach", "--seconds", 1)
    code, said, _ = run(monkeypatch, capsys, *arguments)
    assert code == 0
    assert "outreach" in said
    assert "youth: 72 hours of service" in said
    assert "proven optimal" in said


def test_recruitment_training_and_targets(city, monkeypatch, capsys):
    _, said, _ = run(monkeypatch, capsys, "staff", city, "--recruit", 1, "--field", "women")
    assert "H" in said.splitlines()[-1]
    _, said, _ = run(monkeypatch, capsys, "staff", city, "--training", "--csv")
    assert said.splitlines()[0].startswith("group_name,town_code,posts,certified")
    asked = ("staff", city, "--target", 0.9, "--field", "youth", "--json")
    _, said, _ = run(monkeypatch, capsys, *asked)
    assert json.loads(said)[0]["share_after"] >= 0.9 - 1e-6
    code, _, err = run(monkeypatch, capsys, "staff", city, "--recruit", 1, "--training")
    assert code == 2
    assert "only one" in err
