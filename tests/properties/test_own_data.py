"""Laws of what is done with a department's data: totals kept, nothing linked silently, no leak."""

from __future__ import annotations

from itertools import pairwise, product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from shapely import Point, box

from geodata.linking import carry_over, largest_remainder, link, spread, tidy_name
from geodata.personal import personal_columns, without_persons
from geodata.suppression import related, suppress
from tests.examples import examples
from tests.own_city import id_card

pytestmark = pytest.mark.slow

COUNTS = st.integers(0, 30)


# Whole numbers.


@given(
    st.lists(st.lists(st.floats(0, 1e6), min_size=1, max_size=6), min_size=1, max_size=4),
    st.data(),
)
@settings(max_examples=examples(200), deadline=None)
def test_shares_keep_each_total_and_stay_within_one_of_the_quota(weights, data):
    groups = np.repeat(np.arange(len(weights)), [len(group) for group in weights])
    flat = np.concatenate([np.array(group) for group in weights])
    sums = np.array([sum(group) for group in weights])
    totals = np.array([data.draw(st.integers(0, 10**9)) if s > 0 else 0 for s in sums])
    shares = largest_remainder(flat, groups, totals)
    assert (np.bincount(groups, shares, len(totals)) == totals).all()
    assert (shares >= 0).all()
    assert (shares[flat == 0] == 0).all()
    possible = sums[groups] > 0
    quotas = totals[groups[possible]] * (flat[possible] / sums[groups[possible]])
    assert (np.abs(shares[possible] - quotas) < 1 + 1e-6 * np.maximum(quotas, 1)).all()


@given(st.data())
@settings(max_examples=examples(100), deadline=None)
def test_code_changes_keep_every_total(data):
    old = [f"O{i}" for i in range(data.draw(st.integers(1, 5)))]
    rows = []
    for code in old:
        new = data.draw(st.lists(st.sampled_from("ABCDE"), min_size=0, max_size=3, unique=True))
        parts = data.draw(st.lists(st.integers(1, 9), min_size=len(new), max_size=len(new)))
        rows += [(code, n, part / sum(parts)) for n, part in zip(new, parts, strict=True)]
    changes = pd.DataFrame(rows, columns=["old_code", "new_code", "share"])
    table = pd.DataFrame({"code": old})
    for column in ("residents", "households"):
        table[column] = data.draw(
            st.lists(st.integers(0, 10**6), min_size=len(old), max_size=len(old))
        )
    new = carry_over(table, changes, ["residents", "households"])
    for column in ("residents", "households"):
        assert new[column].sum() == table[column].sum()
    assert new["code"].is_unique


# Population.


def cells(edges_x, edges_y):
    return [box(x0, y0, x1, y1) for x0, x1 in pairwise(edges_x) for y0, y1 in pairwise(edges_y)]


@st.composite
def layouts(draw):
    """Draw rectangles of sources and of targets, in kilometres, and buildings."""

    def edges():
        inner = draw(st.lists(st.integers(1, 9), max_size=2, unique=True))
        return [draw(st.integers(-2, 0)), *sorted(inner), draw(st.integers(10, 12))]

    sources, targets = cells(edges(), edges()), cells(edges(), edges())
    counts = draw(st.lists(COUNTS, min_size=len(sources), max_size=len(sources)))
    houses = draw(
        st.lists(
            st.tuples(st.integers(-20, 120), st.integers(-20, 120), st.integers(0, 5)),
            min_size=1,
            max_size=12,
        )
    )
    return sources, targets, counts, houses


def frame(shapes, **columns):
    moved = gpd.GeoSeries(shapes).scale(1000, 1000, origin=(0, 0)).translate(520_000, 3_480_000)
    return gpd.GeoDataFrame(columns, geometry=moved.to_numpy(), crs=4549)


@given(
    layouts(), st.sampled_from(["areal", "classes", "points"]), st.sampled_from(["keep", "leave"])
)
@settings(max_examples=examples(50), deadline=None)
def test_spreading_keeps_the_persons_of_each_source(layout, method, beyond):
    shapes, others, counts, houses = layout
    sources = frame(shapes, code=[f"S{i}" for i in range(len(shapes))], n=counts)
    targets = frame(others, code=[f"T{i}" for i in range(len(others))])
    by = None
    if method == "points":
        places = [Point(x / 10 + 0.013, y / 10 + 0.017) for x, y, _ in houses]
        by = frame(places, weight=[float(w) for *_, w in houses])
    elif method == "classes":
        by = frame(cells([-3, 4, 13], [-3, 13]), weight=[1.0, 3.0])
    found = spread(sources, targets, ["n"], method=method, by=by, beyond=beyond)
    assert found.table["n"].sum() + found.outside["n"].sum() == sum(counts)
    assert (found.table["n"] >= 0).all()
    if method != "areal":
        return
    # Brute force on rectangles: quotas by common area.
    for at, target in enumerate(others):
        quota = 0.0
        for source, count in zip(shapes, counts, strict=True):
            common = source.intersection(target).area
            met = sum(source.intersection(other).area for other in others)
            whole = met if beyond == "keep" else source.area
            quota += count * common / whole if whole else 0.0
        touching = sum(source.intersects(target) for source in shapes)
        assert abs(found.table["n"][at] - quota) < touching + 1e-6


# Linking.

STEMS = st.text("东西南北永乐新华一二", min_size=1, max_size=3)
KINDS = st.sampled_from(["村", "社区", "村委会", "居委会", "", "社區"])
NAMES = st.tuples(STEMS, KINDS).map("".join)


@given(
    st.lists(NAMES, min_size=1, max_size=8),
    st.lists(st.one_of(NAMES, st.text(max_size=5)), min_size=1, max_size=8),
)
@settings(max_examples=examples(100), deadline=None)
def test_nothing_is_linked_by_likeness(layer_names, table_names):
    layer = pd.DataFrame(
        {"code": [f"{i:012d}" for i in range(len(layer_names))], "name": layer_names}
    )
    found = link(pd.DataFrame({"n": table_names}), layer, name="n", many=True)
    told = {finding.row for finding in found.findings}
    for number, row in enumerate(found.rows.itertuples(), 1):
        if row.how in ("exact", "normalised"):
            (fits,) = layer.loc[layer["code"] == row.key, "name"]
            one, other = tidy_name(row.name), tidy_name(fits)
            assert one.agrees(other)
            rivals = [
                name
                for code, name in zip(layer["code"], layer["name"], strict=True)
                if code != row.key
                and (name == row.name if row.how == "exact" else tidy_name(name) == one)
            ]
            assert not rivals
        else:
            assert pd.isna(row.key)
            assert number in told


@given(NAMES, st.sampled_from(["{}", " {}　", "{}\u200b", "（{}）"]))
@settings(max_examples=examples(100), deadline=None)
def test_a_tidy_name_is_tidy(name, dress):
    tidied = tidy_name(name)
    assert tidy_name(dress.format(name)) == tidied


# Suppression.


def feasible(relations, shown, threshold):
    """Return least and most of each hidden cell, for a reader who knows all that is published."""
    counts = relations.cells.iloc[:, -1].to_numpy(float)
    hidden = [at for at, value in enumerate(shown) if isinstance(value, str)]
    telling = any(shown[at] == f"<{threshold}" for at in hidden)
    known = counts.copy()
    known[hidden] = 0.0
    matrix = relations.sums.toarray()
    bounds = [
        (1, threshold - 1) if shown[at] == f"<{threshold}" else (threshold if telling else 1, None)
        for at in hidden
    ]
    ranges = {}
    for number, at in enumerate(hidden):
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(hidden))
            goal[number] = sign
            answer = linprog(goal, A_eq=matrix[:, hidden], b_eq=-matrix @ known, bounds=bounds)
            assert answer.status in (0, 3)
            ends.append(np.inf if answer.status == 3 else sign * answer.fun)
        ranges[at] = tuple(ends)
    return ranges


@st.composite
def tables(draw):
    """Draw a table of two dimensions, or a hierarchy, of mostly small counts."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    few = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 40])
    table = pd.DataFrame(
        [(f"r{i}", f"c{j}", draw(few)) for i, j in product(range(rows), range(columns))],
        columns=["town", "field", "n"],
    )
    return table, draw(st.sampled_from([None, [["town"], []], [["field"]], [["town"], ["field"]]]))


@given(tables(), st.sampled_from([2, 3, 5]))
@settings(max_examples=examples(60), deadline=None)
def test_no_hidden_count_can_be_computed_from_what_is_published(case, threshold):
    table, totals = case
    options = {"by": ["town", "field"], "value": "n", "totals": totals}
    shown = suppress(table, threshold=threshold, **options)["n"].tolist()
    relations = related(table, **options)
    for value, count in zip(shown, relations.cells["n"], strict=True):
        assert isinstance(value, str) or value == count
        assert not (0 < count < threshold) or isinstance(value, str)
    for least, most in feasible(relations, shown, threshold).values():
        assert most - least > 1 - 1e-6


@given(st.lists(st.sampled_from([1, 2, 4, 5, 7]), min_size=1, max_size=4))
@settings(max_examples=examples(60), deadline=None)
def test_each_hidden_count_could_be_another_whole_number(counts):
    table = pd.DataFrame({"town": range(len(counts)), "n": counts})
    shown = suppress(table, by=["town"], value="n")["n"].tolist()
    hidden = [at for at, value in enumerate(shown[:-1]) if isinstance(value, str)]
    telling = "<5" in shown
    ranges = [range(1, 5) if shown[at] == "<5" else range(5 if telling else 1, 16) for at in hidden]
    rest = sum(value for value in shown[:-1] if not isinstance(value, str))
    total = shown[-1]
    fits = [
        guess
        for guess in product(*ranges)
        if (rest + sum(guess) == total)
        or (total == "<5" and rest + sum(guess) < 5)
        or (total == "withheld" and rest + sum(guess) >= (5 if telling else 1))
    ]
    for position, at in enumerate(hidden):
        assert counts[at] in {guess[position] for guess in fits}
        assert len({guess[position] for guess in fits}) > 1


# Persons.


@given(
    st.dates(
        min_value=pd.Timestamp("1930-01-01").date(), max_value=pd.Timestamp("2020-12-31").date()
    ),
    st.integers(0, 999),
    st.sampled_from(["{}", "身份证:{}", " {} ", "证{}号"]),
    st.integers(0, 17),
    st.integers(1, 9),
)
@settings(max_examples=examples(150), deadline=None)
def test_an_id_card_is_found_in_any_text_and_a_slip_of_the_pen_is_not_one(
    birth, serial, dress, at, change
):
    number = id_card("320585", f"{birth:%Y%m%d}", serial)
    table = pd.DataFrame({"备注": ["", dress.format(number)]})
    assert [c.kind for c in personal_columns(table)] == ["id_card"]
    _, findings = without_persons(table, "t", counts_by=[])
    assert number not in " ".join(f.sentence() for f in findings)
    if at < 17:
        wrong = number[:at] + str((int(number[at]) + change) % 10) + number[at + 1 :]
        kinds = [c.kind for c in personal_columns(pd.DataFrame({"备注": ["", wrong]}))]
        assert kinds != ["id_card"]
