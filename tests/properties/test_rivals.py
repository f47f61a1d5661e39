"""p-dispersion and market share equal brute force; curves and alternatives hold what they claim."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from planner import siting
from planner.siting.capture import lifted_tangents
from tests.examples import examples


def roles_of(draw, sites):
    roles = draw(st.lists(st.sampled_from("----fx"), min_size=sites, max_size=sites))
    fixed = [j for j, role in enumerate(roles) if role == "f"]
    forbidden = [j for j, role in enumerate(roles) if role == "x"]
    return fixed, forbidden


@st.composite
def places(draw):
    """Draw symmetric distances with ties, roles, costs, budget and a pair that is kept apart."""
    sites = draw(st.integers(1, 7))
    points = draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=sites, max_size=sites)
    )
    points = np.array(points, float)
    distance = np.abs(points[:, None] - points[None]).sum(axis=2)
    fixed, forbidden = roles_of(draw, sites)
    costs = np.array(draw(st.lists(st.integers(0, 5), min_size=sites, max_size=sites)), float)
    budget = draw(st.none() | st.integers(0, 12))
    apart = [(0, sites - 1)] if sites > 1 and draw(st.booleans()) else []
    return distance, fixed, forbidden, costs, budget, apart


@settings(max_examples=30, deadline=None)
@given(case=places(), p=st.integers(0, 4))
def test_p_dispersion_is_the_best_of_all_subsets(case, p):
    distance, fixed, forbidden, costs, budget, apart = case
    free = [j for j in range(len(distance)) if j not in (*fixed, *forbidden)]
    best = None
    for new in combinations(free, p):
        opened = {*fixed, *new}
        if budget is not None and costs[list(new)].sum() > budget:
            continue
        if any({a, b} <= opened for a, b in apart):
            continue
        least = min(
            (distance[a, b] for a in new for b in opened if a != b),
            default=np.inf,
        )
        best = least if best is None else max(best, least)
    result = siting.p_dispersion(
        distance, p, fixed=fixed, forbidden=forbidden, site_costs=costs, budget=budget,
        rules=siting.Rules(apart=apart),
    )  # fmt: skip
    if best is None:
        assert result.status == "infeasible"
        return
    assert result.status == "optimal"
    assert result.objective == result.bound == best
    new = sorted(set(result.sites.tolist()) - set(fixed))
    assert len(new) == p
    found = [distance[a, b] for a in new for b in result.sites if a != b]
    assert min(found, default=np.inf) == best


@st.composite
def markets(draw):
    demands, sites = draw(st.integers(1, 5)), draw(st.integers(1, 5))

    def numbers(low, high, *shape):
        size = int(np.prod(shape))
        return np.array(
            draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), float
        ).reshape(shape)

    distance = numbers(1, 9, demands, sites)
    distance[numbers(0, 5, demands, sites) == 0] = np.inf
    rivals = numbers(1, 9, demands, 2)
    rivals[numbers(0, 3, demands, 2) == 0] = np.inf
    fixed, forbidden = roles_of(draw, sites)
    return {
        "distance": distance,
        "competitors": rivals,
        "attractiveness": numbers(0, 5, sites),
        "competitor_attractiveness": numbers(0, 5, 2),
        "weights": numbers(0, 9, demands),
        "site_costs": numbers(0, 5, sites),
        "fixed": fixed,
        "forbidden": forbidden,
        "decay": draw(st.sampled_from(["power", "exponential"])),
        "exponent": draw(st.sampled_from([0.5, 2.0])),
        "budget": draw(st.none() | st.integers(0, 12)),
    }


def share_won(case, opened):
    def pull(distance, area):
        power = case["decay"] == "power"
        with np.errstate(over="ignore"):
            h = distance ** -case["exponent"] if power else np.exp(-case["exponent"] * distance)
        return (np.where(np.isinf(distance), 0, h) * area).sum(axis=1)

    own = pull(case["distance"][:, opened], case["attractiveness"][opened])
    other = pull(case["competitors"], case["competitor_attractiveness"])
    total = own + other
    return (case["weights"] * np.where(total > 0, own / np.where(total > 0, total, 1), 0)).sum()


@settings(max_examples=30, deadline=None)
@given(case=markets(), p=st.integers(0, 3))
def test_market_share_is_the_best_of_all_subsets(case, p):
    sites = case["distance"].shape[1]
    free = [j for j in range(sites) if j not in (*case["fixed"], *case["forbidden"])]
    best = max(
        share_won(case, [*case["fixed"], *new])
        for size in range(p + 1)
        for new in combinations(free, size)
        if case["budget"] is None or case["site_costs"][list(new)].sum() <= case["budget"]
    )
    result = siting.market_share(p=p, **case)
    assert result.status == "optimal"
    assert result.objective == pytest.approx(best, rel=1e-8, abs=1e-8)
    assert result.objective == pytest.approx(share_won(case, result.sites.tolist()))
    assert result.demand["share"].between(0, 1).all()
    shares = result.shares.sum(axis=1)
    assert result.objective == pytest.approx((shares * case["weights"]).sum())


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_a_lifted_tangent_bounds_what_every_set_wins_and_is_exact_where_it_was_made(first):
    for seed in range(first, first + 20):
        draw = np.random.default_rng(seed)
        pulls = draw.random((3, 5)) ** draw.choice([1, 4]) * draw.choice([1, 20])
        pulls[draw.random((3, 5)) < 0.2] = 0
        pulls[:, 0] += 0.1
        base = draw.choice([0, 1]) * draw.random(3)
        against, weights = draw.random(3) + 0.01, draw.random(3) * 5
        whole = bool(seed % 2)
        x = (draw.random(5) < 0.4) * 1.0 if whole else draw.random(5) * draw.choice([0.3, 1])
        slopes, value = lifted_tangents(csr_array(pulls), base, against, weights, x)
        for opened in product([0, 1], repeat=5):
            total = base + pulls @ opened
            slack = value + slopes @ np.array(opened) - weights * total / (total + against)
            assert slack.min() >= -1e-9
            if whole and (x == opened).all():
                assert slack.max() <= 1e-9


@settings(max_examples=25, deadline=None)
@given(case=markets(), within=st.sampled_from([0.0, 0.05, 0.3, 1.0]), count=st.integers(1, 8))
def test_alternatives_are_all_the_best_sets_in_order(case, within, count):
    sites = case["distance"].shape[1]
    free = [j for j in range(sites) if j not in (*case["fixed"], *case["forbidden"])]
    case["budget"] = None
    values = sorted(
        (share_won(case, [*case["fixed"], *new]) for size in range(3)
         for new in combinations(free, size)),
        reverse=True,
    )  # fmt: skip
    frame = siting.alternatives(siting.market_share(p=2, **case), within=within, count=count)
    near = [v for v in values if v >= values[0] - within * values[0] - 1e-9 * max(1, values[0])]
    assert frame["objective"].tolist() == pytest.approx(near[:count], rel=1e-7, abs=1e-7)
    assert frame["sites"].is_unique
    assert frame["proven"].all()
    assert frame.attrs["complete"] == (len(near) < count or len(values) < count)
    for row in frame.itertuples():
        assert row.objective == pytest.approx(share_won(case, list(row.sites)))
        swapped = (set(frame["sites"][0]) - set(row.out)) | set(row.into)
        assert swapped == set(row.sites)


@settings(max_examples=10, deadline=None)
@given(case=markets())
def test_a_curve_is_what_each_number_gives_alone(case):
    case["budget"] = None
    distance = case.pop("distance")
    found = siting.curve(siting.market_share, distance, p=[2, 0, 1], **case)
    assert found.table["p"].tolist() == [2, 0, 1]
    for p, row, result in zip([2, 0, 1], found.table.itertuples(), found.results, strict=True):
        alone = siting.market_share(distance, p=p, **case)
        assert row.objective == pytest.approx(alone.objective)
        assert row.status == "optimal"
        assert result.sites.tolist() == alone.sites.tolist()


@st.composite
def covers(draw):
    """Draw a covering model with p, a budget, both or a share; ties and open sites among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    demands, sites = draw(st.integers(2, 7)), draw(st.integers(3, 6))
    reach = rng.random((demands, sites)) < rng.choice([0.3, 0.5])
    given = {
        "weights": rng.integers(1, 9, demands).astype(float),
        "site_costs": rng.integers(1, 6, sites).astype(float),
        "fixed": [0] if rng.random() < 0.3 else [],
        "forbidden": [1] if rng.random() < 0.2 else [],
    }
    limit = draw(st.sampled_from(["p", "budget", "both", "share"]))
    if limit == "share":
        return reach, given | {"share": float(rng.choice([0.3, 0.6]))}
    means = {"p": int(rng.integers(1, 4)), "budget": float(rng.integers(2, 12))}
    return reach, given | {k: v for k, v in means.items() if limit in (k, "both")}


def distance(one, other):
    """Return how many sites to exchange, add or drop to come from one set to another."""
    return max(len(set(one) - set(other)), len(set(other) - set(one)))


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(case=covers(), differ_by=st.integers(1, 4), within=st.sampled_from([0.1, 0.5, 3.0]))
def test_alternatives_are_the_best_of_the_sets_that_differ_enough_from_those_before(
    case, differ_by, within
):
    reach, options = case
    weights, share = options["weights"], options.get("share")
    free = [j for j in range(reach.shape[1]) if j not in (*options["fixed"], *options["forbidden"])]

    def worth(new):
        """Return what is to be small; None where a limit is broken."""
        covered = weights[reach[:, [*options["fixed"], *new]].any(axis=1)].sum()
        price = options["site_costs"][list(new)].sum()
        if share is not None:
            return price if covered >= share * weights.sum() - 1e-9 else None
        kept = len(new) <= options.get("p", 9) and price <= options.get("budget", 99)
        return -covered if kept else None

    every = {
        tuple(sorted([*options["fixed"], *new])): value
        for size in range(len(free) + 1)
        for new in combinations(free, size)
        if (value := worth(new)) is not None
    }
    model = siting.max_coverage if share is None else siting.partial_cover
    result = model(reach, **options)
    if result.status == "infeasible":
        assert not every
        return
    count = 5
    found = siting.alternatives(result, within=within, count=count, differ_by=differ_by)
    listed = [tuple(sorted(sites)) for sites in found["sites"]]
    best = min(every.values())
    for rank, row in enumerate(found.itertuples()):
        apart = [v for s, v in every.items()
                 if all(distance(s, known) >= differ_by for known in listed[:rank])]  # fmt: skip
        assert every[listed[rank]] == pytest.approx(min(apart))
        assert abs(every[listed[rank]]) == pytest.approx(row.objective)
        assert distance(row.out, row.into) == distance(listed[0], listed[rank])
    left = [v for s, v in every.items() if all(distance(s, one) >= differ_by for one in listed)]
    assert found["proven"].all()
    if len(found) < count:
        assert found.attrs["complete"]
        assert not left or min(left) - best > within * abs(best)
