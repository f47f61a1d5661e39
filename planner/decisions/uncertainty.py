"""Sites that are good in every future: expected, worst-case and least regret; tornado; closures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geodata.language import current_language
from geodata.layers import SEPARATOR
from planner import coverage, siting
from planner.decisions.futures import Scenario, depend_on, reach_in, read_scenarios, residents_in
from planner.decisions.situation import Situation, situation
from planner.errors import PlanError
from planner.request import PlanRequest

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.siting import RobustResult
    from planner.standard import Standard


@dataclass(frozen=True, eq=False)
class Scenarios:
    """What several futures say about where to build.

    Attributes
    ----------
    criteria
        A row per set of sites: ``first`` (best in the first scenario), ``expected``, ``worst`` and
        ``regret``: expected_share, worst_share, largest_regret (share of residents that a scenario
        could have more), new_halls, cost_yuan, site_ids, status, gap.
    scenarios
        A row per scenario: id, name, probability, residents, share today, share with the sites of
        each criterion, best_share (where one builds for this scenario alone).
    sites
        A row per site in any of the answers: site_id, name, town_name, cost_yuan, stays
        (probability of the scenarios whose own best sites it is among), and whether it is among
        those of first, expected, worst and regret. Where several sets are best for a scenario,
        one counts that keeps most of those of ``first``; ``attrs["proven"]`` says whether that
        is proven.
    tornado
        A row per parameter: low and high share served, over its scenarios and the first one, with
        the sites of ``first``; swing (high - low), sites_changed (most sites of ``first`` that a
        scenario's own best set leaves out); the widest swing first.
    answers
        Of the models, by criterion.
    """

    criteria: pd.DataFrame
    scenarios: pd.DataFrame
    sites: pd.DataFrame
    tornado: pd.DataFrame
    answers: dict[str, RobustResult]


def scenarios(
    city: City,
    standard: Standard,
    given: str | Path | Sequence[Scenario] | None = None,
    *,
    new_halls: int | None = None,
    budget_yuan: float | None = None,
    forbidden_sites: Sequence[str] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Scenarios:
    """Return the sites that are best in expectation, in the worst case and by regret, with proof.

    Shares are of the scenario's own residents. The first scenario is the one that the others are
    compared with.

    Parameters
    ----------
    city, standard
        What there is, and what there should be.
    given
        The scenarios, or the TOML file that they stand in; those of the planner if left out.
    new_halls, budget_yuan
        How many halls to build at the most (5 if neither is given), or what they may cost.
    forbidden_sites
        Ids of candidate sites that must not be used.
    time_limit_s
        Seconds for all programs together.
    seed
        Seed of the solver's choices.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If a scenario or the request cannot be worked with.

    References
    ----------
    Snyder (2006), "Facility location under uncertainty: a review", IIE Transactions 38.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> futures = [
    ...     planner.decisions.Scenario(id="today"),
    ...     planner.decisions.Scenario(id="slow", speed=0.8),
    ... ]
    >>> found = planner.scenarios(city, standard, futures, new_halls=2)
    >>> found.criteria["criterion"].tolist()
    ['first', 'expected', 'worst', 'regret']
    """
    request = PlanRequest(
        new_halls=new_halls,
        budget_yuan=budget_yuan,
        forbidden_sites=tuple(forbidden_sites),
        time_limit_s=time_limit_s,
        seed=seed,
    )
    futures = list(given) if isinstance(given, (list, tuple)) else _read(given)
    now = situation(city, standard, progress)
    (progress or (lambda _stage: None))("siting")
    reaches = [reach_in(now, one) for one in futures]
    people = [residents_in(now, one) for one in futures]
    options = now.options(request.forbidden_sites)
    del options["weights"]
    answers = siting.robust_coverage(
        reaches,
        request.new_halls,
        weights=people,
        probabilities=[one.probability for one in futures],
        budget=request.budget_yuan,
        time_limit_s=time_limit_s,
        seed=seed,
        **options,
    )
    return _Told(now, futures, reaches, people, list(answers.values())).tables()


def _read(given: object) -> list[Scenario]:
    if given is None or isinstance(given, (str, Path)):
        return read_scenarios(given)
    raise PlanError("scenarios_invalid", path="scenarios", wrong=repr(given))


@dataclass(frozen=True, eq=False)
class _Told:
    """The answers, to be put into tables."""

    now: Situation
    futures: list[Scenario]
    reaches: list[csr_array]
    people: list[np.ndarray]
    answers: list[RobustResult]

    def tables(self) -> Scenarios:
        first = self.answers[0].table["best_sites"].iloc[0]
        chosen = {"first": np.array(first, int)}
        chosen |= {one.criterion: one.sites.astype(int) for one in self.answers}
        shares = {name: self.shares(new) for name, new in chosen.items()}
        return Scenarios(
            criteria=self.criteria(chosen, shares),
            scenarios=self.by_scenario(shares),
            sites=self.sites(chosen),
            tornado=self.tornado(chosen["first"], shares["first"]),
            answers={one.criterion: one for one in self.answers},
        )

    @property
    def best(self) -> np.ndarray:
        return self.answers[0].table["best_share"].to_numpy()

    @property
    def chances(self) -> np.ndarray:
        return self.answers[0].table["probability"].to_numpy()

    def shares(self, new: np.ndarray) -> np.ndarray:
        """Return the share of residents served in each scenario with some new sites."""
        opened = np.concatenate([np.arange(self.now.open_count), new]).astype(int)
        return np.array(
            [
                people[reach[:, opened].sum(axis=1) > 0].sum() / people.sum()
                for reach, people in zip(self.reaches, self.people, strict=True)
            ]
        )

    def criteria(
        self, chosen: dict[str, np.ndarray], shares: dict[str, np.ndarray]
    ) -> pd.DataFrame:
        answers: dict[str, RobustResult] = {one.criterion: one for one in self.answers}
        rows = []
        for name, new in chosen.items():
            ids, answer = self.now.ids(new), answers.get(name)
            sure = self.answers[0].table["best_proven"].iloc[0]
            rows.append(
                {
                    "criterion": name,
                    "expected_share": float(self.chances @ shares[name]),
                    "worst_share": float(shares[name].min()),
                    "largest_regret": max(float((self.best - shares[name]).max()), 0.0),
                    "new_halls": len(ids),
                    "cost_yuan": float(self.now.places.loc[ids, "cost_yuan"].sum()),
                    "site_ids": SEPARATOR.join(ids),
                    "status": answer.status if answer else ("optimal" if sure else "feasible"),
                }
            )
        return pd.DataFrame(rows)

    def by_scenario(self, shares: dict[str, np.ndarray]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "scenario": [one.id for one in self.futures],
                "name": [
                    getattr(one.name, current_language()) if one.name else one.id
                    for one in self.futures
                ],
                "probability": self.chances,
                "residents": [round(float(people.sum())) for people in self.people],
                "share_today": self.shares(np.array([], int)),
                **{f"share_{name}": share for name, share in shares.items()},
                "best_share": self.best,
            }
        )

    def sites(self, chosen: dict[str, np.ndarray]) -> pd.DataFrame:
        stays = self.answers[0].stays
        used = np.unique(np.concatenate([stays.index.to_numpy(int), *chosen.values()]))
        ids = self.now.ids(used)
        places = self.now.places.loc[ids, ["site_id", "name", "town_name", "cost_yuan"]]
        places = places.reset_index(drop=True)
        table = places.assign(stays=stays.reindex(used).fillna(0.0).to_numpy())
        for name, new in chosen.items():
            table[name] = np.isin(used, new)
        table = table.sort_values(["stays", "site_id"], ascending=[False, True], ignore_index=True)
        table.attrs["proven"] = bool(self.answers[0].table["kept_proven"].all())
        return table

    def tornado(self, first: np.ndarray, shares: np.ndarray) -> pd.DataFrame:
        own = self.answers[0].table["best_sites"]
        rows: dict[str, list[int]] = {}
        for number, one in enumerate(self.futures[1:], start=1):
            rows.setdefault(one.parameter or one.id, []).append(number)
        table = pd.DataFrame(
            [
                {
                    "parameter": name,
                    "low_share": float(shares[[0, *numbers]].min()),
                    "high_share": float(shares[[0, *numbers]].max()),
                    "sites_changed": max(len(set(first) - set(own[k])) for k in numbers),
                }
                for name, numbers in rows.items()
            ],
            columns=["parameter", "low_share", "high_share", "sites_changed"],
        )
        table.insert(3, "swing", table["high_share"] - table["low_share"])
        return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def closures(city: City, standard: Standard, progress: Progress | None = None) -> pd.DataFrame:
    """Return who would lose service if an open hall of the community tier closed.

    Returns
    -------
    DataFrame
        A row per hall, the one first that most depend on alone: hall_id, name, sole_residents
        (whom no other open hall serves), best_site_id (the candidate site that would serve most of
        them) and residents_kept (how many).

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> table = planner.decisions.closures(city, planner.Standard.load("taicang-2013"))
    >>> bool((table["residents_kept"] <= table["sole_residents"]).all())
    True
    """
    now = situation(city, standard, progress)
    opened = csr_array(now.reach[:, : now.open_count], dtype=float)
    single = now.residents * (opened.sum(axis=1) == 1)
    depend = opened.multiply(single[:, None]).T.tocsr()
    kept = (depend @ csr_array(now.to_sites.reach(), dtype=float)).toarray()
    halls = coverage.open_halls(city, "community")
    best = kept.argmax(axis=1)
    most = kept.max(axis=1)
    table = pd.DataFrame(
        {
            "hall_id": halls.index.to_numpy(),
            "name": halls["name"].to_numpy(),
            "sole_residents": depend_on(now).round().astype(int),
            "best_site_id": np.where(most > 0, now.sites.index.to_numpy()[best], None),
            "residents_kept": most.round().astype(int),
        }
    )
    return table.sort_values(
        ["sole_residents", "hall_id"], ascending=[False, True], ignore_index=True
    )
