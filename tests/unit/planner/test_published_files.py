"""An attack on what `export` writes: small counts of sensitive clients cannot be worked out.

The attacker has every file, knows the standard's case-loads and how the planner hides counts, and
adds, subtracts, divides and solves linear programs over all that is published.
"""

from __future__ import annotations

import json
import re
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import planner
from geodata import City
from geodata.disclosure import SMALLEST_PUBLISHED
from geodata.layers import SENSITIVE_CLIENTS
from planner.exports import export
from tests.small_city import small_city_tables

pytestmark = pytest.mark.slow

SMALL = range(1, SMALLEST_PUBLISHED)
DRUGS, CORRECTION = SENSITIVE_CLIENTS
# Drug control and correction by community of the small city, the first two of which are one town,
# the others another; then a city of the attacker's own, of which the same counts are hidden.
TIGHT = {
    "a small community in a town of many": (
        ([3, 9, 30, 11], [2, 40, 8, 8]),
        ([4, 10, 20, 13], [1, 30, 9, 9]),
    ),
    "a small town beside a large one": (
        ([1, 2, 30, 11], [0, 4, 20, 3]),
        ([4, 0, 24, 10], [2, 0, 30, 4]),
    ),
    "small towns only": (([1, 2, 0, 3], [4, 0, 4, 0]), ([1, 0, 1, 1], [1, 0, 2, 1])),
    "one person in the city": (([0, 1, 0, 0], [0, 0, 0, 2]), ([2, 0, 0, 0], [0, 0, 4, 0])),
    "a town that is just not small": (
        ([1, 0, 5, 0], [2, 2, 1, 4]),
        ([2, 0, 5, 0], [1, 1, 5, 5]),
    ),
}


def city_of(drugs, correction):
    tables = small_city_tables()
    tables["communities"] = tables["communities"].assign(**{DRUGS: drugs, CORRECTION: correction})
    return City.from_tables(tables)


def export_of(city, folder):
    standard = planner.Standard.load("taicang-2013")
    plan = planner.make_plan(city, standard, new_halls=2, new_posts=4)
    export(plan, folder)
    return folder


@pytest.fixture(scope="module", params=TIGHT, ids=lambda name: name.replace(" ", "-"))
def small(request, tmp_path_factory):
    both = [city_of(*counts) for counts in TIGHT[request.param]]
    return [(city, export_of(city, tmp_path_factory.mktemp("published"))) for city in both]


@pytest.fixture(scope="module")
def large(taicang, tmp_path_factory):
    return taicang, export_of(taicang, tmp_path_factory.mktemp("published"))


@cache
def tables_in(folder):
    """Return every table that the files hold, by file and name."""
    found = {path.name: pd.read_csv(path, dtype=str) for path in sorted(folder.glob("*.csv"))}
    layers = folder / "plan.gpkg"
    for name in gpd.list_layers(layers)["name"]:
        found[f"plan.gpkg/{name}"] = pd.DataFrame(gpd.read_file(layers, layer=name))
    for name, tree in {"plan.json": record(folder), "map.html": payload(folder)}.items():
        for key, value in tree.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                found[f"{name}/{key}"] = pd.DataFrame(value)
            elif isinstance(value, dict):
                columns = {k: v for k, v in value.items() if isinstance(v, list)}
                if columns and len({len(column) for column in columns.values()}) == 1:
                    found[f"{name}/{key}"] = pd.DataFrame(columns)
    return found


def record(folder):
    return json.loads((folder / "plan.json").read_text("utf-8"))


def payload(folder):
    page = (folder / "map.html").read_text("utf-8")
    return json.loads(re.search(r'id="sanshe-data">(.*?)</script>', page, re.DOTALL)[1])


def rates(folder):
    """Return the clients of an FTE, by sensitive column: the standard is published."""
    workers = record(folder)["standard"]["workers"]
    return {name: workers[name.removeprefix("clients_")]["clients_per_fte"]
            for name in SENSITIVE_CLIENTS}  # fmt: skip


def facts(folder, city, column):
    """Return the counts of a field, and published sums that tell them: by formula, group and sum.

    Whatever is published is summed by town and for the city, as it is and times the case-load.
    (Who knows the method knows that no figure of a single community tells of it.)
    """
    rate, name = rates(folder)[column], column.removeprefix("clients_")
    communities = city.communities.set_index("code")
    truth = communities[column].astype(float)
    towns = communities["town_code"].to_numpy()
    groups = {("town", town): towns == town for town in np.unique(towns)}
    groups["city", ""] = np.ones(len(truth), bool)
    member = np.array(list(groups.values()))
    right = member @ truth.to_numpy()
    known = {}
    for where, table in tables_in(folder).items():
        if "community_code" not in table:
            continue
        rows = table[table["field"] == name] if "field" in table else table
        at = truth.index.get_indexer(rows["community_code"])
        for label in rows.columns:
            values = pd.to_numeric(rows[label], errors="coerce").to_numpy(float, na_value=0.0)
            by_community = np.bincount(at[at >= 0], values[at >= 0], minlength=len(truth))
            for unit in (1.0, rate):
                told = np.isclose(unit * (member @ by_community), right, atol=1e-6)
                for key, row, total, is_told in zip(groups, member, right, told, strict=True):
                    if is_told:
                        known[where, label, unit, *key] = row, total
    return truth, known


def feasible(truth, known, cells):
    """Return the least and the most that the sum of some cells can be."""
    unique = {row.tobytes(): (row.astype(float), value) for row, value in known.values()}
    rows = np.array([row for row, _ in unique.values()]).reshape(-1, len(truth))
    sums = np.array([value for _, value in unique.values()])
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(
            sign * cells,
            A_eq=rows if len(rows) else None,
            b_eq=sums if len(rows) else None,
            bounds=(0, 1000),
        )
        assert found.status == 0
        ends.append(sign * found.fun)
    return ends


def check_intervals(city, folder, own=None):
    for column in SENSITIVE_CLIENTS:
        truth, known = facts(folder, city, column)
        if own is not None:
            # He tries every formula on his own city, so that chance does not lead him astray.
            right = facts(own[1], own[0], column)[1]
            known = {formula: fact for formula, fact in known.items() if formula in right}
        # The city's total is told where it may be: the attack does read the files.
        assert any(formula[3] == "city" for formula in known) or truth.sum() <= 9
        home = city.communities["town_code"].to_numpy()
        towns = [(home == town).astype(float) for town in np.unique(home)]
        cells = [np.eye(len(truth))[k] for k in np.flatnonzero(truth.isin(SMALL))]
        cells = cells[:: max(len(cells) // 30, 1)]
        cells += [town for town in towns if (town @ truth) in SMALL]
        for cell in cells:
            low, high = feasible(truth, known, cell)
            inside = [count for count in SMALL if low - 1e-6 <= count <= high + 1e-6]
            assert len(inside) >= 2, (column, truth[cell > 0].to_dict(), low, high)


def test_linear_programs_over_all_published_sums_leave_small_counts_open(small):
    attacked, own = small
    check_intervals(*attacked, own)


def test_linear_programs_leave_the_small_counts_of_taicang_open(large):
    check_intervals(*large)


def test_no_file_names_a_count_of_sensitive_clients(small):
    _, folder = small[0]
    for name, table in tables_in(folder).items():
        assert not [c for c in table if "client" in c.lower()], name
    page = (folder / "map.html").read_text("utf-8")
    assert not re.search(r"clients_(drug|community)", page)
    assert "clients" not in record(folder)["summary"]


def test_needs_divided_by_the_case_load_are_not_the_counts(large):
    city, folder = large
    for column in SENSITIVE_CLIENTS:
        truth = city.communities.set_index("code")[column].astype(float)
        small = truth.index[truth.isin(SMALL)]
        rate, name = rates(folder)[column], column.removeprefix("clients_")
        for where, table in tables_in(folder).items():
            if "community_code" not in table:
                continue
            rows = table[table["field"] == name] if "field" in table else table
            for label in rows.columns:
                values = pd.to_numeric(rows[label], errors="coerce") * rate
                told = values.groupby(rows["community_code"]).sum().reindex(small)
                right = np.isclose(told, truth[small], atol=0.3).mean()
                # As often as a guess: the town's count shared out by residents.
                assert right < 0.5, (where, label)


def other_truths(drugs, correction):
    """Yield cities whose published counts are the same, each small count anything from 1 to 4."""
    towns = {0: (0, 1), 1: (0, 1), 2: (2, 3), 3: (2, 3)}
    for which, counts in enumerate((drugs, correction)):
        for cell in range(4):
            if counts[cell] not in SMALL:
                continue
            for value in SMALL:
                changed = list(counts)
                changed[cell] = value
                other = next(k for k in towns[cell] if k != cell)
                changed[other] += counts[cell] - value
                if value != counts[cell] and changed[other] >= 0:
                    yield (changed, correction) if which == 0 else (drugs, changed)


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (TIGHT["a small community in a town of many"][0], None),
        # Towns of 3 and 41: the small one may be anything from 1 to 4.
        (
            TIGHT["a small town beside a large one"][0],
            [([4, 0, 1, 39], [1, 0, 0, 26])],
        ),
        # Nothing can be withheld beside small towns, so not even their sum is told.
        (
            TIGHT["small towns only"][0],
            [([4, 0, 1, 0], [1, 0, 0, 1])],
        ),
    ],
    ids=["community", "town", "towns"],
)
def test_every_file_is_the_same_whatever_a_small_count_is(first, others, tmp_path):
    folder = export_of(city_of(*first), tmp_path / "first")
    if others is None:
        others = list(other_truths(*first))[::3]
        assert len(others) >= 2
    for number, counts in enumerate(others):
        again = export_of(city_of(*counts), tmp_path / str(number))
        for path in sorted(folder.iterdir()):
            assert path.read_bytes() == (again / path.name).read_bytes(), (counts, path.name)
