"""Phases, fronts, fair and robust covers against every set of sites there is."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import siting
from planner.siting import robust
from tests.examples import examples

pytestmark = pytest.mark.slow


@st.composite
def cases(draw, most_sites=5):
    """Draw reach, weights, prices, open and forbidden sites; ties, zeros, nobody among them."""
    demands, sites = draw(st.integers(1, 6)), draw(st.integers(1, most_sites))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    roles = rng.choice(list("-----fx"), sites)
    return {
        "rng": rng,
        "reach": rng.random((demands, sites)) < rng.choice([0.2, 0.4, 0.6]),
        "weights": rng.integers(0, 9, demands).astype(float),
        "costs": rng.integers(0, 6, sites).astype(float),
        "fixed": np.flatnonzero(roles == "f"),
        "forbidden": np.flatnonzero(roles == "x"),
    }


def sets(case):
    """Yield every set of open sites, the fixed ones in it and no forbidden one."""
    free = np.setdiff1d(np.arange(case["reach"].shape[1]), [*case["fixed"], *case["forbidden"]])
    for size in range(len(free) + 1):
        for new in combinations(free.tolist(), size):
            yield list(new)


def reached(case, new):
    return case["reach"][:, [*case["fixed"], *new]].any(axis=1)


def price(case, new):
    return float(case["costs"][new].sum())


def common(case):
    return {
        "site_costs": case["costs"],
        "fixed": case["fixed"],
        "forbidden": case["forbidden"],
    }


def schedules(case, years, p, budgets, carry):
    """Yield every nested sequence of sets that keeps the yearly means."""
    every = [frozenset(new) for new in sets(case)]
    for chain in product(every, repeat=years):
        if any(not chain[t - 1] <= chain[t] for t in range(1, years)):
            continue
        steps = [sorted(chain[t] - (chain[t - 1] if t else set())) for t in range(years)]
        used = np.array([[len(new) for new in steps], [price(case, new) for new in steps]])
        means = [p, budgets]
        for row, limit in zip(used, means, strict=True):
            if limit is None:
                continue
            over = np.cumsum(row) > np.cumsum(limit) if carry else row > np.array(limit)
            if over.any():
                break
        else:
            yield chain


def postponed(means, year):
    late = [*means, 0]
    late[year], late[year + 1] = 0, late[year] + late[year + 1]
    return late[:-1]


@given(cases(most_sites=4), st.integers(1, 3), st.booleans(), st.sampled_from("pbB"))
@settings(max_examples=examples(80), deadline=None)
def test_phased_coverage_is_the_best_of_all_schedules(case, years, carry, limits):
    rng = case["rng"]
    p = rng.integers(0, 3, years).tolist() if limits in "pB" else None
    budgets = rng.integers(0, 9, years).tolist() if limits in "bB" else None
    weights = rng.integers(0, 9, (len(case["weights"]), years)).astype(float)

    def value(chain):
        return sum(weights[reached(case, sorted(new)), t].sum() for t, new in enumerate(chain))

    def best(p, budgets):
        return max(value(chain) for chain in schedules(case, years, p, budgets, carry))

    found = siting.phased_coverage(
        case["reach"], p=p, budgets=budgets, weights=weights, carry=carry, delays=True,
        **common(case),
    )  # fmt: skip
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best(p, budgets))
    assert found.objective >= found.greedy_objective
    built = [frozenset(np.concatenate(found.built[: t + 1]).tolist()) for t in range(years)]
    assert tuple(built) in set(schedules(case, years, p, budgets, carry))
    assert found.covered.sum() == pytest.approx(value(built))
    for year, loss in enumerate(found.delay_losses):
        late = [None if means is None else postponed(means, year) for means in (p, budgets)]
        assert loss == pytest.approx(found.objective - best(*late))


def gap_of(case, new, labels):
    got, weights = reached(case, new), case["weights"]
    shares = [weights[(labels == g) & got].sum() / weights[labels == g].sum() for g in (0, 1)]
    return abs(shares[0] - shares[1])


def front_by_hand(case, value, allowed=lambda new: True):
    """Return the points that no other set beats, both objectives to be small, ascending."""
    points = {tuple(np.round(value(new), 9)) for new in sets(case) if allowed(new)}
    best = {a for a in points if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in points)}
    return sorted(best, key=lambda point: point[1])


PAIRS = [
    ("covered", "cost"), ("cost", "covered"), ("covered", "number"), ("covered", "gap"),
    ("gap", "cost"), ("cost", "farthest"), ("farthest", "covered"),
]  # fmt: skip


@given(
    cases(), st.sampled_from(PAIRS), st.none() | st.integers(0, 8), st.none() | st.integers(0, 4)
)
@settings(max_examples=examples(120), deadline=None)
def test_a_front_is_what_no_set_of_sites_beats(case, names, budget, p):
    rng, shape = case["rng"], case["reach"].shape
    minutes = np.where(rng.random(shape) < 0.9, rng.integers(0, 9, shape), np.inf)
    labels = rng.integers(0, 2, len(case["weights"]))
    if "gap" in names and any(case["weights"][labels == g].sum() == 0 for g in (0, 1)):
        return
    counted = case["weights"] > 0
    measures = {
        "covered": lambda new: -case["weights"][reached(case, new)].sum(),
        "cost": lambda new: price(case, new),
        "number": len,
        "gap": lambda new: gap_of(case, new, labels),
        "farthest": lambda new: (
            minutes[counted][:, [*case["fixed"], *new]].min(axis=1, initial=np.inf).max(initial=0)
        ),
    }

    def allowed(new):
        return (budget is None or price(case, new) <= budget) and (p is None or len(new) <= p)

    known = front_by_hand(case, lambda new: [measures[name](new) for name in names], allowed)
    found = siting.pareto(
        case["reach"], names, weights=case["weights"], p=p, budget=budget, groups=labels,
        minutes=minutes, **common(case),
    )  # fmt: skip
    assert found.complete
    signs = np.array([-1 if name == "covered" else 1 for name in names])
    got = sorted(map(tuple, found.table[list(names)].to_numpy(float) * signs))
    assert np.array(got) == pytest.approx(np.array(sorted(known)))
    for row in found.table.itertuples():
        new = [measures[name](list(row.sites)) for name in names]
        assert new * signs == pytest.approx([getattr(row, name) for name in names])


@given(cases(), st.sampled_from([0.0, 0.4, 0.7, 1.0]), st.booleans(), st.integers(0, 8))
@settings(max_examples=examples(120), deadline=None)
def test_fair_covers_are_the_best_that_keep_the_shares(case, least, alike, budget):
    labels = case["rng"].integers(0, 2, len(case["weights"]))
    one, other = (np.flatnonzero(labels == g) for g in (0, 1))
    shares = [siting.Share(one, least, other if alike else None, name="one")]

    def share(new, group):
        total = case["weights"][group].sum()
        inside = np.isin(np.arange(len(labels)), group)
        return case["weights"][inside & reached(case, new)].sum() / total if total else None

    def fair(new):
        own, theirs = share(new, one), share(new, other)
        if own is None:
            return True
        return own >= least - 1e-9 and (not alike or theirs is None or own >= theirs - 1e-9)

    options = {"weights": case["weights"], "shares": shares, **common(case)}
    cheap = siting.fair_cover(case["reach"], **options)
    prices = [price(case, new) for new in sets(case) if fair(new)]
    assert (cheap.status == "infeasible") == (not prices)
    if prices:
        assert cheap.status == "optimal"
        assert cheap.objective == pytest.approx(min(prices))
    most = siting.fair_coverage(case["reach"], budget=budget, **options)
    values = [
        case["weights"][reached(case, new)].sum()
        for new in sets(case)
        if fair(new) and price(case, new) <= budget
    ]
    assert (most.status == "infeasible") == (not values)
    if values:
        assert most.status == "optimal"
        assert most.objective == pytest.approx(max(values))
        new = [site for site in most.sites if site not in case["fixed"]]
        assert fair(new)


def keeps_most_of_the_first(answer, every, shares):
    """Check that of the sets that are best for a scenario one is told that keeps most sites."""
    own = [set(sites) for sites in answer.table["best_sites"]]
    values = np.array([shares(new) for new in every])
    for number, sites in enumerate(own):
        good = values[:, number] >= values[:, number].max() - 1e-9
        kept = [len(own[0] & set(new)) for new, fine in zip(every, good, strict=True) if fine]
        assert sorted(sites) in [sorted(new) for new, fine in zip(every, good, strict=True) if fine]
        assert len(own[0] & sites) == max(kept)
    assert answer.table["kept_proven"].all()
    chances = answer.table["probability"]
    stays = {
        site: sum(chance for chance, sites in zip(chances, own, strict=True) if site in sites)
        for site in set().union(*own)
    }
    assert answer.stays.to_dict() == pytest.approx(stays)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20), deadline=None)
def test_of_sets_that_are_as_good_one_counts_that_keeps_most_sites(seed):
    rng = np.random.default_rng(seed)
    reaches = [rng.random((6, 7)) < 0.35 for _ in range(3)]
    weights = [rng.integers(1, 3, 6).astype(float) for _ in range(3)]
    every = [list(new) for size in range(4) for new in combinations(range(7), size)]

    def shares(new):
        pairs = zip(reaches, weights, strict=True)
        return np.array([w[r[:, new].any(axis=1)].sum() / w.sum() for r, w in pairs])

    found = siting.robust_coverage(reaches, 3, weights=weights, criteria=["expected"])
    keeps_most_of_the_first(found["expected"], every, shares)


@pytest.mark.parametrize("seed", range(3))
def test_weights_of_scenarios_bound_what_every_set_is_worth_in_the_worst_case(seed, monkeypatch):
    monkeypatch.setattr(robust, "_EASY", 0)
    rng = np.random.default_rng(seed)
    reaches = [rng.random((9, 6)) < 0.35 for _ in range(3)]
    weights, costs = rng.integers(1, 9, 9) * 1.0, rng.integers(1, 6, 6) * 1.0
    told = []
    weigh = robust._Search._weighed

    def heard(*given):
        told.append(weigh(*given))
        return told[-1]

    monkeypatch.setattr(robust._Search, "_weighed", heard)
    found = siting.robust_coverage(reaches, weights=[weights] * 3, site_costs=costs, budget=7)
    every = [
        list(n) for k in range(7) for n in combinations(range(6), k) if costs[list(n)].sum() <= 7
    ]
    shares = np.array([
        [weights[reach[:, new].any(axis=1)].sum() / weights.sum() for reach in reaches]
        for new in every
    ])  # fmt: skip
    best = shares.max(axis=0)
    worth = {"worst": shares.min(axis=1).max(), "regret": -(best - shares).max(axis=1).min()}
    for (sites, bound), (criterion, value) in zip(told, worth.items(), strict=True):
        assert bound >= value - 1e-9
        assert all(sorted(new.tolist()) in every for new in sites)
        assert found[criterion].status == "optimal"
        assert abs(found[criterion].objective) == pytest.approx(abs(value), abs=1e-9)


@given(cases(), st.integers(1, 3), st.integers(0, 9))
@settings(max_examples=examples(80), deadline=None)
def test_robust_covers_are_the_best_of_all_sets(case, count, budget):
    rng, shape = case["rng"], case["reach"].shape
    reaches = [case["reach"] & (rng.random(shape) < 0.7) for _ in range(count)]
    reaches[-1] = reaches[0]  # scenarios of one reach and other weights
    weights = [rng.integers(0, 9, shape[0]) + np.eye(shape[0])[0] for _ in range(count)]
    chances = rng.integers(1, 4, count) * 1.0
    chances /= chances.sum()

    def shares(new):
        opened = [*case["fixed"], *new]
        pairs = zip(reaches, weights, strict=True)
        return np.array([w[r[:, opened].any(axis=1)].sum() / w.sum() for r, w in pairs])

    every = [new for new in sets(case) if price(case, new) <= budget]
    best = np.max([shares(new) for new in every], axis=0)
    values = {
        "expected": max(chances @ shares(new) for new in every),
        "worst": max(shares(new).min() for new in every),
        "regret": min((best - shares(new)).max() for new in every),
    }
    found = siting.robust_coverage(
        reaches, weights=weights, probabilities=chances, budget=budget,
        **common(case),
    )  # fmt: skip
    for answer in found.values():
        assert answer.status == "optimal"
        assert answer.objective == pytest.approx(values[answer.criterion], abs=1e-9)
        own = list(answer.sites)
        assert own in [sorted(new) for new in every]
        assert answer.table["share"].to_numpy() == pytest.approx(shares(own))
        assert answer.table["best_share"].to_numpy() == pytest.approx(best)
        keeps_most_of_the_first(answer, every, shares)
        if answer.criterion == "worst":
            others = [o.table["share"].min() for o in found.values()]
            assert answer.table["share"].min() >= max(others) - 1e-9
