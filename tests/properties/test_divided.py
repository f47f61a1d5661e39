"""One budget over parts against every set of sites of all parts together."""

from __future__ import annotations

import doctest
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import OutOfTimeError, SitingError
from planner.siting import FrontierPoint, divide_budget, divide_target, divided, multiple_choice
from planner.siting.multiple_choice import Items, least_cost, most_gain
from tests.examples import examples


class Parts:
    """Random parts; what each gains for each budget in steps, by all subsets of its sites."""

    def __init__(self, seed: int, *, weak: bool = False) -> None:
        draw = np.random.default_rng(seed)
        self.step = int(draw.choice([1, 1, 7]))
        self.whole, self.weak, self.seed = bool(draw.random() < 0.7), weak, seed
        self.best: list[np.ndarray] = []
        self.evaluations = 0
        for _ in range(draw.integers(1, 5)):
            sites, demands = draw.integers(0, 5), draw.integers(1, 6)
            costs = draw.integers(1, draw.choice([2, 9]), sites)
            reach = draw.random((sites, demands)) < draw.choice([0.3, 0.6])
            weights = draw.integers(0, 9, demands) if self.whole else draw.random(demands)
            best = np.zeros(costs.sum() + 1)
            for chosen in product([False, True], repeat=int(sites)):
                at = list(chosen)
                cost = costs[at].sum()
                best[cost] = max(best[cost], weights[reach[at].any(axis=0)].sum())
            self.best.append(np.maximum.accumulate(best))
        together = np.zeros(1)
        for best in self.best:
            sums = np.full(len(together) + len(best) - 1, -np.inf)
            for cost, gain in enumerate(best):
                window = sums[cost : cost + len(together)]
                np.maximum(window, together + gain, out=window)
            together = sums
        self.together = together

    @property
    def ceilings(self) -> list[int]:
        return [(len(best) - 1) * self.step for best in self.best]

    def evaluate(self, asked):
        """Return the points asked for: exact, or of worse sets, loose and with bounds unasked."""
        self.evaluations += len(asked)
        points = []
        for part, budget in asked:
            assert budget % self.step == 0
            best = self.best[part]
            steps = budget // self.step
            gain = best[steps]
            cost, bound = int(np.searchsorted(best, gain)), gain
            if self.weak:
                draw = np.random.default_rng([self.seed, part, steps])
                cost = int(draw.integers(0, cost + 1))
                gain, bound = (
                    best[cost],
                    bound + (draw.integers(0, 4) if draw.random() < 0.5 else 0),
                )
                other = int(draw.integers(0, len(best)))
                points.append(FrontierPoint(part, other * self.step, 0, 0.0, best[other] + 1.0))
            points.append(FrontierPoint(part, budget, cost * self.step, float(gain), float(bound)))
        return points


@settings(max_examples=examples(200), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), weak=st.booleans(), share=st.floats(0, 1.1))
def test_a_budget_is_divided_as_well_as_any_sets_of_all_parts_use_it(seed, weak, share):
    parts = Parts(seed, weak=weak)
    budget = int(sum(parts.ceilings) * share)
    best = parts.together[min(budget // parts.step, len(parts.together) - 1)]
    found = divide_budget(parts.ceilings, parts.evaluate, budget=budget, step=parts.step)
    assert found.cost <= budget
    assert found.gain == pytest.approx(found.objective)
    assert found.objective <= best * (1 + 1e-9)
    assert found.bound >= best * (1 - 1e-9)
    assert found.evaluations == parts.evaluations
    if not weak:
        assert found.status == "optimal"
        assert found.objective == pytest.approx(best)


@settings(max_examples=examples(200), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), weak=st.booleans(), share=st.floats(0, 1.1))
def test_a_target_is_reached_at_the_cost_of_the_cheapest_sets_of_all_parts(seed, weak, share):
    parts = Parts(seed, weak=weak)
    required = float(parts.together[-1] * share)
    enough = np.flatnonzero(parts.together >= required * (1 - 1e-12))
    options = {"required": required, "step": parts.step}
    try:
        found = divide_target(parts.ceilings, parts.evaluate, **options)
    except OutOfTimeError:
        assert weak
        return
    if found.status == "infeasible":
        assert not len(enough)
        assert found.points == ()
        assert "require less" in found.message
        return
    assert len(enough)
    best = enough[0] * parts.step
    assert found.gain >= required * (1 - 1e-9)
    assert found.objective == found.cost
    assert found.bound <= best <= found.cost
    if not weak:
        assert found.status == "optimal"
        assert found.cost == best


@settings(max_examples=examples(50), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), weak=st.booleans())
def test_the_order_in_which_points_come_back_changes_nothing(seed, weak):
    parts = Parts(seed, weak=weak)
    draw = np.random.default_rng(seed)

    def shuffled(asked):
        points = parts.evaluate(asked)
        return (points[k] for k in draw.permutation(len(points)))

    options = {"budget": sum(parts.ceilings) // 2, "step": parts.step}
    one = divide_budget(parts.ceilings, parts.evaluate, **options)
    other = divide_budget(parts.ceilings, shuffled, **options)
    assert one.__dict__ == other.__dict__


@settings(max_examples=examples(50), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), weak=st.booleans())
def test_points_that_are_known_are_not_worked_out_again(seed, weak):
    parts = Parts(seed, weak=weak)
    seen = []

    def remembered(asked):
        points = parts.evaluate(asked)
        seen.extend(points)
        return points

    options = {"budget": sum(parts.ceilings) // 2, "step": parts.step}
    first = divide_budget(parts.ceilings, remembered, **options)
    again = divide_budget(parts.ceilings, remembered, **options, start=list(seen))
    assert again.objective == first.objective
    assert again.bound == pytest.approx(first.bound)
    more = {**options, "budget": sum(parts.ceilings)}
    richer = divide_budget(parts.ceilings, remembered, **more, start=list(seen))
    assert richer.objective <= parts.together[-1] * (1 + 1e-9)
    assert richer.bound >= parts.together[-1] * (1 - 1e-9)
    if not weak:
        assert again.evaluations == 0
        assert richer.objective == pytest.approx(parts.together[-1])


@settings(max_examples=examples(200), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), whole=st.booleans(), states=st.sampled_from([1, 20_000]))
def test_the_knapsack_is_the_best_of_all_choices(seed, whole, states):
    draw = np.random.default_rng(seed)
    parts = []
    for _ in range(draw.integers(1, 5)):
        cost = np.unique(draw.integers(-3, 12, draw.integers(1, 5)))
        gain = np.sort(draw.choice(40, len(cost), replace=False)) - 5.0
        gain = gain if whole else gain * np.pi
        parts.append(list(zip(cost.tolist(), gain.tolist(), strict=True)))
    every = np.array([np.sum(chosen, axis=0) for chosen in product(*parts)])
    items = Items.of(parts)
    budget = draw.integers(-8, 25)
    fits = every[every[:, 0] <= budget, 1]
    found = most_gain(items, budget, most_states=states)
    assert (found is None) == (len(fits) == 0)
    if found is not None:
        assert items.cost[found.chosen].sum() <= budget
        assert items.gain[found.chosen].sum() == pytest.approx(found.objective)
        assert found.objective - 1e-9 <= fits.max() <= found.bound + 1e-9
        assert states == 1 or found.objective == pytest.approx(fits.max())
    required = float(draw.choice(every[:, 1]) + draw.integers(0, 2))
    enough = every[every[:, 1] >= required - 1e-9, 0]
    found = least_cost(items, required, most_states=states)
    assert (found is None) == (len(enough) == 0)
    if found is not None:
        assert items.gain[found.chosen].sum() >= required - 1e-9
        assert found.bound - 1e-9 <= enough.min() <= found.objective + 1e-9
        assert states == 1 or found.objective == pytest.approx(enough.min())


def counties(count: int):
    """Return frontiers like those of counties: 60 to 354 sites, ever less gained, not concave."""
    draw = np.random.default_rng(0)
    frontiers = []
    for _ in range(count):
        sites = draw.integers(60, 355)
        gains = np.sort(draw.pareto(2.5, sites) + 0.05)[::-1] * draw.uniform(500, 3000)
        steps = (gains * draw.uniform(0.8, 1.2, sites)).round()
        frontiers.append(np.concatenate([[0], np.cumsum(steps)]))
    return frontiers


@pytest.mark.parametrize(("gap", "most"), [(0.0, 36), (0.01, 28)])
def test_few_points_of_long_frontiers_are_worked_out(gap, most):
    frontiers = counties(60)
    ceilings = [len(f) - 1 for f in frontiers]

    def evaluate(asked):
        return [FrontierPoint(i, b, b, frontiers[i][b], frontiers[i][b]) for i, b in asked]

    budget = int(sum(ceilings) * 0.15)
    found = divide_budget(ceilings, evaluate, budget=budget, gap=gap)
    assert found.gap <= gap
    assert found.status == ("optimal" if gap == 0 else "feasible")
    assert found.evaluations <= most * len(frontiers)  # of 207 each
    assert found.rounds <= 25
    best = most_gain(Items.of([list(enumerate(f)) for f in frontiers]), budget).objective
    assert found.objective <= best <= found.bound
    least = divide_target(ceilings, evaluate, required=found.gain, gap=gap)
    assert least.cost <= found.cost / (1 - gap)
    assert least.evaluations <= most * 1.2 * len(frontiers)


def test_bounds_that_come_unasked_spare_work():
    frontiers = counties(30)
    ceilings = [len(f) - 1 for f in frontiers]

    def evaluate(asked, *, tell=True):
        points = [FrontierPoint(i, b, b, frontiers[i][b], frontiers[i][b]) for i, b in asked]
        for i in sorted({i for i, _ in asked}) if tell else ():
            bounds = frontiers[i] * 1.002
            points += [FrontierPoint(i, b, 0, 0.0, bounds[b]) for b in range(1, len(bounds))]
        return points

    options = {"budget": int(sum(ceilings) * 0.15), "gap": 0.01}
    told = divide_budget(ceilings, evaluate, **options)
    alone = divide_budget(ceilings, lambda asked: evaluate(asked, tell=False), **options)
    assert told.gap <= 0.01
    assert told.evaluations < alone.evaluations / 2


def test_each_round_is_told():
    frontiers = counties(5)
    told = []

    def evaluate(asked):
        return [FrontierPoint(i, b, b, frontiers[i][b], frontiers[i][b]) for i, b in asked]

    ceilings = [len(f) - 1 for f in frontiers]
    found = divide_budget(ceilings, evaluate, budget=100, progress=told.append)
    assert len(told) == found.rounds
    assert [told[-1].objective, told[-1].bound] == [found.objective, found.bound]
    bounds = [step.bound for step in told]
    assert bounds == sorted(bounds, reverse=True)
    early = divide_budget(ceilings, evaluate, budget=100, rounds=2)
    assert (early.status, early.bound) == ("feasible", bounds[1])
    assert "rounds" in early.message


def point(part=0, budget=2, cost=2, gain=1.0, bound=1.0):
    return FrontierPoint(part, budget, cost, gain, bound)


@pytest.mark.parametrize(
    ("ceilings", "options", "answer", "said"),
    [
        ([2], {"budget": -1}, point(), "budget is -1; give a finite number"),
        ([2], {"budget": 2, "step": 0}, point(), "step is 0; give a whole number"),
        ([-2], {"budget": 2}, point(), "ceilings"),
        ([2], {"budget": 2, "rounds": 0}, point(), "rounds is 0; give 1 or more"),
        ([2], {"budget": 2}, point(part=1), "part 1, budget 2: there are 1 parts"),
        ([2], {"budget": 2}, point(cost=3), "the cost is 3; give a multiple of the step"),
        ([4], {"budget": 4, "step": 2}, point(budget=4, cost=3), "the cost is 3"),
        ([2], {"budget": 2}, point(gain=2.0), "the gain is 2.0, the bound 1.0"),
        ([2], {"budget": 2}, point(bound=np.nan), "the bound nan"),
        ([2], {"budget": 2}, point(budget=1, cost=1), "returned nothing for part 0, budget 2"),
    ],
)
def test_what_cannot_be_is_refused(ceilings, options, answer, said):
    with pytest.raises(SitingError, match=said):
        divide_budget(ceilings, lambda _: [answer], **options)


def test_bounds_that_contradict_each_other_are_refused():
    points = [point(budget=1, cost=1, gain=5.0, bound=5.0), point(gain=3.0, bound=4.0)]
    with pytest.raises(SitingError, match=r"part 0: 5\.0 is gained for 1, more than the bound"):
        divide_budget([2], lambda _: points, budget=2)


def test_no_parts_and_no_money_gain_nothing():
    assert divide_budget([], lambda _: [], budget=5).objective == 0
    assert divide_budget([3, 0], lambda _: [], budget=0).points == tuple(
        FrontierPoint(part, 0, 0, 0.0, 0.0) for part in range(2)
    )
    assert divide_target([], lambda _: [], required=1).status == "infeasible"


def test_a_target_that_only_bounds_allow_for_is_not_called_infeasible():
    with pytest.raises(OutOfTimeError, match="bounds allow for it; work the points out for longer"):
        divide_target([2], lambda _: [point(budget=b, cost=0, gain=0.0, bound=4.0) for b in (1, 2)],
                      required=3)  # fmt: skip


@pytest.mark.parametrize("module", [divided, multiple_choice])
def test_the_examples_are_right(module):
    ran = doctest.testmod(module)
    assert ran.attempted
    assert not ran.failed
