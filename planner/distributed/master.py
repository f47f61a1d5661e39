"""The run of a whole region: which tasks there are, in which order, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, gcd
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import shapely

from planner.distributed.frontier import STAGE as FRONTIER
from planner.distributed.frontier import Question, Unit, frontier
from planner.distributed.margin import Box, Pace, reach_metres, widened, with_roads
from planner.distributed.measure import STAGE as MEASURED
from planner.distributed.measure import measure
from planner.distributed.parts import Part, parts_of
from planner.distributed.prepare import STAGE as PREPARED
from planner.distributed.prepare import prepare, read_attributes
from planner.distributed.runner import Runner, Task, Told
from planner.distributed.settle import settle
from planner.distributed.store import Store
from planner.errors import InfeasibleError, PlanError
from planner.siting import Divided, FrontierPoint, divide_budget, divide_target
from planner.standard_tables import Kind

if TYPE_CHECKING:
    from geodata.region import Region
    from planner.request import PlanRequest
    from planner.standard import Standard
    from planner.standard_tables import Reach

SETTLED = "settled"
_ROUNDING = 1e-9
_ROUNDING_CENTS = 1e-3


def rules(standard: Standard) -> list[Reach]:
    """Return mode and minutes for every kind of community."""
    return [standard.reach_of("community", kind) for kind in get_args(Kind)]


@dataclass
class Run:
    """A run over a region, as far as it has come.

    Attributes
    ----------
    region
        The region.
    standard, request
        What residents are entitled to, and what is asked.
    gap
        Relative gap at which the division of the budget is good enough.
    folder
        Of the results.
    runner, told
        Where tasks run, and who is told.
    prepared, measured, settled
        Figures by county, of each stage that is done.
    failed
        Stage and reason by county, of those that could not be worked with.
    chosen
        New sites by county.
    divided
        The division of the budget over counties; None until there is one.
    margin_metres
        How far beyond its own points each county is looked at.
    around
        Each county and those with anything in its margin.
    """

    region: Region
    standard: Standard
    request: PlanRequest
    gap: float
    folder: Path
    runner: Runner
    told: Told
    prepared: dict[str, dict[str, Any]] = field(default_factory=dict)
    measured: dict[str, dict[str, Any]] = field(default_factory=dict)
    settled: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    chosen: dict[str, list[str]] = field(default_factory=dict)
    divided: Divided | None = None
    margin_metres: float = 0.0
    around: dict[str, list[str]] = field(default_factory=dict)
    _points: dict[tuple[int, int], list[list[str]]] = field(default_factory=dict)

    def to_the_end(self) -> None:
        """Do all there is to do.

        Raises
        ------
        PlanError
            If no county can be worked with, or counties do not go together.
        InfeasibleError
            If no sites meet the request.
        """
        modes = sorted({rule.mode for rule in rules(self.standard)})
        arguments = {
            code: (self.region.place_of(code), code, modes) for code in self.region.counties.index
        }
        self.prepared = self._stage(PREPARED, prepare, arguments)
        self._check_counties()
        self.margin_metres = self._margin_metres()
        self.around = self._around()
        standard = self.standard.model_dump(mode="json")
        around = {
            code: [(other, self.prepared[other]["key"]) for other in others]
            for code, others in self.around.items()
        }
        asked = {code: (code, near, self._box(code), standard) for code, near in around.items()}
        self.measured = self._stage(MEASURED, measure, asked)
        self._refuse_unknown_sites()
        self._divide()

    def _margin_metres(self) -> float:
        figures = self.prepared.values()
        return max(
            reach_metres(rule.minutes, [Pace(**county["pace"][rule.mode]) for county in figures])
            for rule in rules(self.standard)
        )

    def _stage(
        self,
        stage: str,
        call: Callable[..., Any],
        arguments: Mapping[str, tuple[Any, ...]],
    ) -> dict[str, Any]:
        """Run a stage; return its results by county and remember what failed."""
        folder = str(self.folder)
        tasks = [Task(code, call, (*given, folder)) for code, given in sorted(arguments.items())]
        outcome = self.runner.run(stage, tasks, self.told)
        for code, reason in sorted(outcome.failed.items()):
            self.failed.setdefault(code, (stage, reason))
        if stage != FRONTIER and not outcome.results:
            code, (_, reason) = next(iter(self.failed.items()))
            raise PlanError("no_county_works", county=code, reason=reason)
        return dict(sorted(outcome.results.items()))

    def _check_counties(self) -> None:
        for what in ("crs", "has_roads"):
            groups: dict[Any, list[str]] = {}
            for code, county in self.prepared.items():
                groups.setdefault(county[what], []).append(code)
            if len(groups) > 1:
                least = min(groups.items(), key=lambda group: len(group[1]))
                counties = ", ".join(least[1][:5])
                raise PlanError(f"counties_differ_in_{what}", value=least[0], counties=counties)

    def _box(self, code: str) -> Box:
        return widened(tuple(self.prepared[code]["own_box"]), self.margin_metres)

    def _around(self) -> dict[str, list[str]]:
        """Return each county and those with anything in its margin, sorted by code."""
        codes = list(self.prepared)
        tree = shapely.STRtree(
            shapely.box(*np.array([self.prepared[code]["whole_box"] for code in codes]).T)
        )
        boxes = shapely.box(*np.array([with_roads(self._box(code)) for code in codes]).T)
        near: dict[str, list[str]] = {code: [] for code in codes}
        for one, other in tree.query(boxes, predicate="intersects").T:
            near[codes[one]].append(codes[other])
        return {code: sorted(others) for code, others in near.items()}

    def _refuse_unknown_sites(self) -> None:
        forbidden = set(self.request.forbidden_sites)
        store = Store(self.folder)
        for code, county in self.prepared.items():
            if not forbidden:
                return
            place = store.place(PREPARED, code, county["key"])
            forbidden -= set(read_attributes(place, "candidates", ["site_id"])["site_id"])
        if forbidden:
            raise PlanError("unknown_site", site=min(forbidden))

    def _divide(self) -> None:
        """Divide the budget over parts, and write what its sites change."""
        parts = parts_of(self.folder, self.measured, self.unit)
        self.divided = self._division(parts)
        if self.divided.status == "infeasible":
            raise InfeasibleError("region_target_out_of_reach", target=self.request.target_share)
        for point in self.divided.points:
            for county, site in self._points.get((point.part, point.budget), []):
                self.chosen.setdefault(county, []).append(site)
        self.settled = self._settle()

    def _division(self, parts: Sequence[Part]) -> Divided:
        def evaluate(asked: list[tuple[int, int]]) -> Iterator[FrontierPoint]:
            return self._evaluate(parts, asked)

        ceilings = np.array([part.ceiling for part in parts], np.int64)
        step, share = self._step(), self.request.target_share
        if share is not None:
            total, served = (
                sum(county[name] for county in self.measured.values())
                for name in ("residents", "served")
            )
            required = max(ceil(share * total - _ROUNDING) - served, 0)
            return divide_target(ceilings, evaluate, required=required, step=step, gap=self.gap)
        asked = self.request.new_halls
        if asked is None:
            budget = floor((self.request.budget_yuan or 0.0) * 100 + _ROUNDING_CENTS)
        else:
            budget = int(asked)
        return divide_budget(ceilings, evaluate, budget=budget, step=step, gap=self.gap)

    @property
    def unit(self) -> Unit:
        """What budgets count."""
        return "cents" if self.request.new_halls is None else "sites"

    def _step(self) -> int:
        steps = [county["cost_step_cents"] for county in self.prepared.values()]
        return 1 if self.unit == "sites" else max(gcd(*steps), 1)

    def _evaluate(
        self, parts: Sequence[Part], asked: list[tuple[int, int]]
    ) -> Iterator[FrontierPoint]:
        """Work out points of frontiers; of a part that fails nothing is known but a bound."""
        request = self.request
        question = Question(
            self.unit, tuple(sorted(request.forbidden_sites)), request.time_limit_s, request.seed
        )
        budgets: dict[int, list[int]] = {}
        for part, budget in asked:
            budgets.setdefault(part, []).append(budget)
        arguments = {
            parts[part].county: (parts[part].county, parts[part].shares, question, some)
            for part, some in budgets.items()
        }
        found = self._stage(FRONTIER, frontier, arguments)
        step = self._step()
        for part, some in budgets.items():
            nothing = {"cost": 0, "gain": 0, "bound": parts[part].most, "sites": []}
            # The same bound for the least budget: nothing would be learnt by asking again.
            unknown = [{"budget": budget, **nothing} for budget in sorted({step, *some})]
            for point in found.get(parts[part].county, unknown):
                self._points[part, point["budget"]] = point["sites"]
                yield FrontierPoint(
                    part, point["budget"], point["cost"], point["gain"], point["bound"]
                )

    def _settle(self) -> dict[str, Any]:
        lost = self.failed.keys() - self.prepared.keys()

        def missing(code: str) -> list[str]:
            near = self.region.neighbours(code, self.margin_metres) if lost else ()
            return sorted(lost & set(near))

        arguments = {
            code: (
                code,
                self.prepared[code]["key"],
                self.measured[code]["key"],
                sorted(site for other in self.around[code] for site in self.chosen.get(other, [])),
                missing(code),
            )
            for code in self.measured
        }
        return self._stage(SETTLED, settle, arguments)
