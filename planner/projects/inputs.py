"""What project matching is given, checked: candidates, need, budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geodata.layers import SEPARATOR
from planner.errors import ArgumentError

_COLUMNS = ("organisation_id", "field", "community_codes", "cost_yuan", "funder", "capacity")


@dataclass(frozen=True, eq=False)
class ProjectProblem:
    """Candidate projects against need, as arrays.

    Attributes
    ----------
    candidates
        By project id.
    need
        By community and field.
    funders, budgets
        Who pays, and how much each at the most, in yuan.
    pay_project, pay_funder
        The pairs of project and funder that can be, as positions.
    serve_project, serve_need
        The pairs of project and need that can be, as positions.
    town_projects
        By town, the positions of the projects that serve a community there.
    fixed
        Whether each project must be bought.
    """

    candidates: pd.DataFrame
    need: pd.Series
    funders: tuple[str, ...]
    budgets: np.ndarray
    pay_project: np.ndarray
    pay_funder: np.ndarray
    serve_project: np.ndarray
    serve_need: np.ndarray
    town_projects: dict[str, np.ndarray]
    fixed: np.ndarray

    @classmethod
    def checked(
        cls,
        candidates: pd.DataFrame,
        need: pd.Series,
        budgets: Mapping[str, float],
        towns: pd.Series | None,
        fixed: Sequence[str],
    ) -> ProjectProblem:
        """Return the problem of the arguments of ``choose_projects``.

        Raises
        ------
        ArgumentError
            If an argument cannot be worked with.
        """
        _check_candidates(candidates)
        _check_need(need)
        for funder, budget in budgets.items():
            if not (np.isfinite(budget) and budget >= 0):
                raise ArgumentError(f"budgets[{funder!r}] is {budget}; give yuan, 0 or more")
        unknown = [project for project in fixed if project not in candidates.index]
        if unknown:
            raise ArgumentError(f"fixed names {unknown[0]!r}, which is not among the candidates")
        funders = tuple(budgets)
        at = {funder: k for k, funder in enumerate(funders)}
        pays = [
            (j, at[funder])
            for j, named in enumerate(candidates["funder"])
            for funder in (named.split(SEPARATOR) if isinstance(named, str) and named else funders)
            if funder in at
        ]
        homes = [codes.split(SEPARATOR) for codes in candidates["community_codes"]]
        position = {key: i for i, key in enumerate(need.index) if need.iloc[i] > 0}
        serves = [
            (j, position[code, field])
            for j, (codes, field) in enumerate(zip(homes, candidates["field"], strict=True))
            for code in codes
            if (code, field) in position
        ]
        pay, serve = np.array(pays, int).reshape(-1, 2), np.array(serves, int).reshape(-1, 2)
        return cls(
            candidates=candidates,
            need=need,
            funders=funders,
            budgets=np.array([float(budgets[funder]) for funder in funders]),
            pay_project=pay[:, 0],
            pay_funder=pay[:, 1],
            serve_project=serve[:, 0],
            serve_need=serve[:, 1],
            town_projects={} if towns is None else _by_town(homes, towns),
            fixed=candidates.index.isin(list(fixed)),
        )


def _check_candidates(candidates: pd.DataFrame) -> None:
    for column in _COLUMNS:
        if column not in candidates:
            raise ArgumentError(
                f"candidates has no column {column}; it needs {', '.join(_COLUMNS)}"
            )
    if not candidates.index.is_unique:
        twice = candidates.index[candidates.index.duplicated()][0]
        raise ArgumentError(f"candidates, {twice!r} stands twice; give each project its own id")
    for column in ("cost_yuan", "capacity"):
        amounts = candidates[column].to_numpy(float)
        wrong = ~(np.isfinite(amounts) & (amounts >= 0))
        if wrong.any():
            project, value = candidates.index[wrong][0], amounts[wrong][0]
            raise ArgumentError(
                f"candidates, {project!r}: {column} is {value}; give a number, 0 or more"
            )
    nowhere = ~candidates["community_codes"].map(lambda codes: isinstance(codes, str))
    if nowhere.any():
        raise ArgumentError(
            f"candidates, {candidates.index[nowhere][0]!r}: community_codes is empty; say which "
            "communities it can serve"
        )


def _check_need(need: pd.Series) -> None:
    if not need.index.is_unique:
        raise ArgumentError(
            f"need, {need.index[need.index.duplicated()][0]!r} stands twice; give each community "
            "and field one row"
        )
    values = need.to_numpy(float)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise ArgumentError(
            f"need, {need.index[wrong][0]!r} is {values[wrong][0]}; give a number, 0 or more"
        )


def _by_town(homes: list[list[str]], towns: pd.Series) -> dict[str, np.ndarray]:
    """Return the projects that serve each town; every town of ``towns`` has an entry."""
    town_of = towns.to_dict()
    found: dict[str, list[int]] = {town: [] for town in sorted(set(town_of.values()))}
    for j, codes in enumerate(homes):
        unknown = [code for code in codes if code not in town_of]
        if unknown:
            raise ArgumentError(f"towns has nothing for the community {unknown[0]!r}; add it")
        for town in {town_of[code] for code in codes}:
            found[town].append(j)
    return {town: np.array(projects, int) for town, projects in found.items()}
