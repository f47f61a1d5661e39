"""Plans of the small city side by side, by hand: each site serves 800 more in its community."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from docx import Document

import planner
from geodata import City
from geodata.language import use_language
from planner.errors import PlanError
from planner.exports import export
from planner.maps import comparison_figure
from planner.report import make_comparison
from planner.report.parts import Paragraph, Picture, Table
from tests.bad_inputs.test_bad_cities import run, save
from tests.small_city import small_city_tables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plans(small_city):
    standard = planner.Standard.load("taicang-2013")
    ways = ({"forbidden_sites": ("C1", "C3")}, {"forbidden_sites": ("C2", "C3")}, {})
    halls = (1, 1, 3)
    return [
        planner.make_plan(small_city, standard, new_halls=number, **way)
        for number, way in zip(halls, ways, strict=True)
    ]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return save(small_city_tables(), tmp_path_factory.mktemp("small") / "city")


@pytest.fixture(scope="module")
def folders(plans, tmp_path_factory):
    """Folders a, b and c of the plans."""
    folder = tmp_path_factory.mktemp("plans")
    for name, plan in zip("abc", plans, strict=True):
        export(plan, folder / name, report=False)
    return [folder / name for name in "abc"]


def test_winners_and_losers_are_the_communities_of_the_sites(plans):
    found = planner.compare(plans[0], plans[1])
    assert found.winners["community_name"].tolist() == ["西南社区"]
    assert found.losers["community_name"].tolist() == ["西北村"]
    assert found.communities["B-A"].tolist() == [800, -800]
    sites = found.sites.set_index("site_id")
    assert sites.loc["C2", ["A", "B"]].tolist() == [True, False]
    assert sites.loc["C1", ["A", "B"]].tolist() == [False, True]


def test_figures_are_those_of_the_plans_and_their_differences(plans):
    figures = planner.compare(*plans).figures.set_index("figure")
    assert figures.loc["served_after", ["A", "B", "C"]].tolist() == [5600, 5600, 7200]
    assert figures.at["served_after", "C-A"] == 1600
    assert figures.at["cost_yuan", "B-A"] == 2.5e6
    assert figures.at["urban_rural_gap_after", "A"] == pytest.approx(-0.2)


def test_indicators_that_do_not_differ_are_left_out(plans):
    table = planner.compare(plans[0], plans[2]).indicators
    assert len(table) > 0
    assert (table["A"] != table["B"]).all()
    assert len(planner.compare(plans[0], plans[0]).indicators) == 0


def test_plans_of_other_communities_are_refused(plans):
    other = replace(plans[1], gaps=plans[1].gaps.iloc[1:])
    with pytest.raises(PlanError, match="compare plans of one city"):
        planner.compare(plans[0], other)


def test_winners_less_losers_are_the_difference_of_residents_served(plans):
    served = [recounted(plan) for plan in plans]
    found = planner.compare(*plans)
    for name, other in zip("BC", served[1:], strict=True):
        change = found.communities.set_index("community_code")[f"{name}-A"]
        assert change.sum() == other.sum() - served[0].sum()
        assert change.to_dict() == (other - served[0])[change.index].to_dict()
        assert found.towns[f"{name}-A"].sum() == change.sum()
    assert found.winners["C-A"].sum() + found.losers["C-A"].sum() == change.sum()


def recounted(plan):
    """Residents served by community, from the settlements."""
    places = plan.settlements
    served = places["residents"].where(places["served_after"], 0)
    return served.groupby(places["community_code"]).sum()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_says_the_figures_of_the_plans(plans, language):
    with use_language(language):
        found = planner.compare(*plans)
    report = make_comparison(found, plans, language)
    answers = [part.text for part in report.parts if isinstance(part, Paragraph)][: len(plans)]
    tables = {part.kind: part for part in report.parts if isinstance(part, Table)}
    figures = tables["compared_figures"].rows
    for column, (answer, plan) in enumerate(zip(answers, plans, strict=True), 2):
        served, share = plan.summary["served_after"], plan.summary["share_after"]
        assert f"{served:,}" in answer
        assert f"{share:.1%}" in answer
        assert [row[column] for row in figures[:2]] == [f"{served:,}", f"{share:.1%}"]
        cost = plan.summary["cost_yuan"]
        amount = f"{cost / 1e6:,.2f}" if language == "en" else f"{cost / 1e4:,.0f}"
        assert figures[4][column] == amount
    losers = tables["compared_losers"]
    assert [row[0] for row in losers.rows] == ["西北村"]
    assert losers.rows[0][3:6] == ("2,000", "1,200", "-800")
    assert [len(row) for row in tables["compared_towns"].rows] == [8, 8]
    pictures = [part for part in report.parts if isinstance(part, Picture)]
    assert [picture.kind for picture in pictures] == ["compared_B", "compared_C"]


def test_the_picture_shows_the_sites_of_both_plans_and_of_each(plans):
    axes = comparison_figure(planner.compare(*plans), plans, "C").axes[0]
    shown = {dots.get_label(): len(dots.get_offsets()) for dots in axes.collections}
    sites = [set(plan.recommendations["site_id"]) for plan in (plans[0], plans[2])]
    assert shown["site in both plans"] == len(sites[0] & sites[1]) == 1
    assert shown["site in plan A only"] == 0
    assert shown["site in plan C only"] == len(sites[1] - sites[0]) == 2


def test_other_data_and_another_standard_are_told(plans, small_tables):
    small_tables["halls"]["floor_area_m2"] = 950.0
    changed = City.from_tables(small_tables)
    other = replace(plans[1], city=changed, standard=planner.Standard.load("national-14fyp"))
    said = planner.compare(plans[0], other).notes()
    assert ["halls" in said[0], "standard" in said[1]] == [True, True]
    assert planner.compare(plans[0], plans[1]).notes() == []


def test_compare_writes_map_picture_and_documents(folders, city, tmp_path, monkeypatch, capsys):
    names = ["map.html", "picture.svg", "report.docx", "report.pdf", "tables.xlsx"]
    page, picture, *documents = [tmp_path / "new" / name for name in names]
    asked = [part for file in documents for part in ("--report", file)]
    asked += ["--map", page, "--figure", picture, "--city", city]
    code, said, _ = run(monkeypatch, capsys, "compare", *folders[:2], *asked)
    assert code == 0
    assert "1 communities win with the last plan, 1 lose" in said
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == names
    assert all(str(file) in said for file in (page, picture, *documents))
    rows = pd.read_excel(documents[2], sheet_name="communities", dtype={"community_code": str})
    assert rows["B-A"].tolist() == [800, -800]
    assert '"other":' in page.read_text("utf-8")
    assert len(Document(str(documents[0])).inline_shapes) == 1


@pytest.mark.parametrize(
    ("plans_given", "options", "said"),
    [
        ("ab", ["--report", "compare.odt"], "ends in one of .docx, .pdf, .xlsx"),
        ("ab", ["--map", "compare.txt"], "ends in one of .html"),
        ("ab", ["--figure", "compare.gif"], "ends in one of .png, .svg, .pdf"),
        ("abc", ["--map", "compare.html"], "two plans against each other, and 3"),
        ("abc", ["--city", "taicang", "--city", "taicang"], "given 2 times for 3 plans"),
        ("ax", [], "no record of a plan"),
        ("ab", ["--report", "/dev/null/compare.xlsx", "--city"], "cannot be written"),
    ],
)
def test_what_cannot_be_compared_ends_in_one_message(
    plans_given, options, said, folders, city, monkeypatch, capsys
):
    given = [folders[0].with_name(name) for name in plans_given]
    options = [*options, city] if options[-1:] == ["--city"] else options
    code, out, err = run(monkeypatch, capsys, "compare", *given, *options)
    assert (code, out) == (2, "")
    last = err.splitlines()[-1]
    assert last.startswith("error: ")
    assert said in last


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda record: record["city"].update(code="110000", name="别处"), "plan B is of 别处"),
        (lambda record: record.pop("city"), "no record of a plan"),
        (lambda record: record.update(city="小城"), "no record of a plan"),
        (lambda record: record["city"].pop("name"), "no record of a plan"),
        (lambda record: record["standard"].pop("id"), "no record of a plan"),
        (lambda record: record.update(request=[]), "no record of a plan"),
        (lambda record: record["request"].pop("forbidden_sites"), "no record of a plan"),
        (lambda record: record["request"].update(more=1), "no record of a plan"),
        (lambda record: record["request"].update(new_halls="two"), "no record of a plan"),
        (lambda record: record["request"].update(new_halls=0), "number of new halls is 0"),
    ],
)
def test_a_damaged_record_ends_in_one_message(damage, said, folders, tmp_path, monkeypatch, capsys):
    record = json.loads((folders[0] / "plan.json").read_text("utf-8"))
    damage(record)
    (tmp_path / "plan.json").write_text(json.dumps(record), "utf-8")
    code, out, err = run(monkeypatch, capsys, "compare", folders[0], tmp_path)
    assert (code, out) == (2, "")
    assert said in err.splitlines()[-1]
