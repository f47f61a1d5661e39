"""Which sets of sites may be chosen: open and forbidden sites, number, budget and further rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, csr_array
from scipy.spatial import cKDTree

from planner.errors import SitingError
from planner.siting.inputs import Amount, amounts, positions


@dataclass(frozen=True)
class Quota:
    """At least and at most so many open sites in a group, sites that are open already included.

    Attributes
    ----------
    sites
        Ids of the group's sites, such as those of a town.
    at_least, at_most
        How many of them must, and may, be open; None for no upper limit.
    name
        What to call the group when it stands in the way.
    """

    sites: Sequence[Any]
    at_least: int = 0
    at_most: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Rules:
    """Rules on which sites may be open together; sites by their ids.

    Attributes
    ----------
    quotas
        At least and at most so many sites per group.
    apart
        Pairs of sites of which at most one may be open (``spaced`` finds those too near).
    together
        Pairs of sites of which both or neither must be open.
    minimum_use
        Least weight that must be assigned to each open new site; 0 for no minimum. Models without
        assignment refuse it.
    excluded
        Sets of open sites, fixed ones included, that must not be the answer.
    """

    quotas: Sequence[Quota] = ()
    apart: Sequence[tuple[Any, Any]] = ()
    together: Sequence[tuple[Any, Any]] = ()
    minimum_use: Amount = 0.0
    excluded: Sequence[Sequence[Any]] = ()


def spaced(
    coordinates: np.ndarray, minimum: float, ids: Sequence[Any] | None = None
) -> list[tuple[Any, Any]]:
    """Return the pairs of sites that are nearer to each other than a minimum, for ``Rules.apart``.

    Parameters
    ----------
    coordinates
        Coordinates of the sites in a projected system, in metres, shape (sites, 2).
    minimum
        Metres; sites exactly so far apart may both be open.
    ids
        Ids of the sites; their positions if left out.

    Examples
    --------
    >>> spaced(np.array([[0, 0], [300, 0], [900, 0]]), minimum=500)
    [(0, 1)]
    """
    points = np.asarray(coordinates, float)
    pairs = cKDTree(points).query_pairs(minimum, output_type="ndarray")
    apart = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    near = pairs[apart < minimum]
    names = list(range(len(points))) if ids is None else list(ids)
    return [(names[a], names[b]) for a, b in near[np.lexsort((near[:, 1], near[:, 0]))].tolist()]


@dataclass(frozen=True, eq=False)
class SiteChoice:
    """The sets of sites that may be chosen, by position; checked.

    Attributes
    ----------
    site_ids
        Ids of all sites.
    fixed, free
        Positions of the sites that are open already, and of those that may be chosen; ascending.
    costs
        Cost of each site, shape (sites,), not negative; those of fixed sites do not count.
    p
        How many new sites at the most; None for no limit.
    budget
        What the new sites may cost together; None for no limit.
    rows, lower, upper
        Rules as ``lower <= rows @ x <= upper`` over all sites (x = 1 where open), shape (k, sites).
    row_names
        What each row is, for messages.
    minimum_use
        Least weight to be assigned to each open new site, shape (sites,).
    """

    site_ids: pd.Index
    fixed: np.ndarray
    free: np.ndarray
    costs: np.ndarray
    p: int | None
    budget: float | None
    rows: csr_array
    lower: np.ndarray
    upper: np.ndarray
    row_names: tuple[str, ...]
    minimum_use: np.ndarray

    @classmethod
    def checked(
        cls,
        site_ids: pd.Index,
        *,
        fixed: Sequence[Any] | np.ndarray = (),
        forbidden: Sequence[Any] | np.ndarray = (),
        site_costs: Amount | None = None,
        p: int | None = None,
        budget: float | None = None,
        rules: Rules | None = None,
        limited: bool = False,
        assigns: bool = True,
    ) -> SiteChoice:
        """Return the choice that a caller's arguments state.

        Parameters
        ----------
        site_ids
            Ids of all sites.
        fixed, forbidden, site_costs, p, budget, rules
            As the models take them.
        limited
            Whether p or a budget must be given.
        assigns
            Whether the model assigns demand to sites, so that a minimum use makes sense.

        Raises
        ------
        SitingError
            If an argument cannot be worked with; the text says which, and the remedy.
        """
        if limited and p is None and budget is None:
            raise SitingError("neither p nor budget is given; say how much may be built")
        opened = positions(site_ids, "fixed", _listed("fixed", fixed))
        closed = positions(site_ids, "forbidden", _listed("forbidden", forbidden))
        both = np.intersect1d(opened, closed)
        if len(both):
            name = site_ids[both[0]]
            raise SitingError(f"site {name} is both fixed and forbidden; take it out of one")
        if p is not None and not _whole(p):
            raise SitingError(f"p is {p!r}; give a whole number of 0 or more")
        if budget is not None and not as_number(budget) >= 0:
            raise SitingError(f"budget is {budget!r}; give a number of 0 or more")
        rules = Rules() if rules is None else rules
        if not isinstance(rules, Rules):
            raise SitingError(f"rules is {rules!r}; give siting.Rules(...)")
        least = amounts("minimum_use", rules.minimum_use, site_ids)
        if least.any() and not assigns:
            raise SitingError(
                "rules asks for a minimum use, but this model assigns no demand to sites by it; "
                "leave minimum_use out"
            )
        rows, lower, upper, names = _rule_rows(site_ids, rules)
        return cls(
            site_ids=site_ids,
            fixed=opened,
            free=np.setdiff1d(np.arange(len(site_ids)), np.concatenate([opened, closed])),
            costs=amounts("site_costs", site_costs, site_ids),
            p=None if p is None else int(p),
            budget=None if budget is None else float(budget),
            rows=rows,
            lower=lower,
            upper=upper,
            row_names=names,
            minimum_use=least,
        )

    @property
    def only_number(self) -> bool:
        """Whether nothing but the number of new sites limits the choice."""
        return self.budget is None and self.only_means

    @property
    def only_means(self) -> bool:
        """Whether nothing but number and cost of the new sites limits the choice."""
        return not len(self.row_names) and not self.minimum_use.any()

    def limits(self) -> tuple[csr_array, np.ndarray, np.ndarray]:
        """Return number, budget and rules as rows over the free sites, fixed ones accounted for.

        Returns
        -------
        rows, lower, upper
            ``lower <= rows @ x <= upper``, x over ``free``, shape (k, free sites).
        """
        opened = np.zeros(len(self.site_ids))
        opened[self.fixed] = 1
        already = self.rows @ opened
        dense = [
            (row, limit)
            for row, limit in (
                (np.ones(len(self.free)), self.p),
                (self.costs[self.free], self.budget),
            )
            if limit is not None
        ]
        head = np.array([row for row, _ in dense]).reshape(len(dense), len(self.free))
        body = csr_array(self.rows[:, self.free]) if len(self.row_names) else None
        rows = csr_array(head) if body is None else _stacked(csr_array(head), body)
        lower = np.concatenate([np.full(len(dense), -np.inf), self.lower - already])
        upper = np.concatenate([[float(limit) for _, limit in dense], self.upper - already])
        return rows, lower, upper

    def broken(self, sites: np.ndarray) -> str:
        """Return what a set of open sites (positions, fixed ones included) breaks; "" if nothing.

        ``minimum_use`` depends on assignment and is not looked at.
        """
        new = np.setdiff1d(sites, self.fixed)
        if self.p is not None and len(new) > self.p:
            return f"{len(new)} new sites, but p is {self.p}"
        if self.budget is not None and self.costs[new].sum() > self.budget * (1 + 1e-12):
            return f"the new sites cost {self.costs[new].sum()}, but the budget is {self.budget}"
        opened = np.zeros(len(self.site_ids))
        opened[sites] = 1
        values = self.rows @ opened
        wrong = np.flatnonzero((values < self.lower - 1e-9) | (values > self.upper + 1e-9))
        return self.row_names[wrong[0]] if len(wrong) else ""

    def admitted(self, order: np.ndarray) -> np.ndarray | None:
        """Return new sites taken in an order as far as the limits let them; None if a rule breaks.

        Those that mend a broken rule (a quota not met, a partner missing) come first. A start for
        searches, not the best: None does not say that there is no set that keeps the rules.

        Parameters
        ----------
        order
            Positions of free sites, the most wanted first.
        """
        columns = csc_array(self.rows)
        values = np.asarray(self.rows[:, self.fixed].sum(axis=1)).ravel()
        partners = self._partners()
        p = np.inf if self.p is None else self.p
        budget = np.inf if self.budget is None else self.budget * (1 + 1e-12)
        new: set[int] = set()
        spent = 0.0
        for mending in (True, False):
            for j in order.tolist():
                group = partners.get(j, {j}) - new - set(self.fixed.tolist())
                sites = np.array(sorted(group), np.int64)
                if not group or not np.isin(sites, self.free).all():
                    continue
                after = values + np.asarray(columns[:, sites].sum(axis=1)).ravel()
                mends = ((values < self.lower) & (after > values)).any() or (
                    (values > self.upper) & (after < values)
                ).any()
                breaks = ((after > self.upper) & (after > values)).any()
                price = float(self.costs[sites].sum())
                if breaks or len(new) + len(group) > p or spent + price > budget:
                    continue
                if mends or not mending:
                    new |= group
                    spent += price
                    values = after
        sites = np.array(sorted(new), np.int64)
        return None if self.broken(np.union1d(self.fixed, sites)) else sites

    def _partners(self) -> dict[int, set[int]]:
        """Return for each site in a together pair all those that must go with it, itself too."""
        groups: dict[int, set[int]] = {}
        for k in np.flatnonzero((self.lower == 0) & (self.upper == 0)):
            row = slice(self.rows.indptr[k], self.rows.indptr[k + 1])
            if (self.rows.data[row] < 0).any():
                one, other = self.rows.indices[row].tolist()
                joint = groups.get(one, {one}) | groups.get(other, {other})
                groups |= dict.fromkeys(joint, joint)
        return groups


def as_number(given: Any) -> float:
    """Return a number; NaN for what is none, such as text, None or a truth value."""
    known = isinstance(given, (int, float, np.number)) and not isinstance(given, bool)
    return float(given) if known else np.nan


def _whole(number: Any) -> bool:
    """Return whether something is a whole number of 0 or more."""
    value = as_number(number)
    return 0 <= value < np.inf and value == int(value)


def _listed(name: str, sites: Any) -> Any:
    """Return sites if they are a list of ids, and not one id.

    Raises
    ------
    SitingError
        If they are not.
    """
    if isinstance(sites, str) or not hasattr(sites, "__len__"):
        raise SitingError(f"{name} is {sites!r}; give a list of site ids, such as [{sites!r}]")
    return sites


def _stacked(head: csr_array, body: csr_array) -> csr_array:
    return csr_array(
        (
            np.concatenate([head.data, body.data]),
            np.concatenate([head.indices, body.indices]),
            np.concatenate([head.indptr, head.indptr[-1] + body.indptr[1:]]),
        ),
        shape=(head.shape[0] + body.shape[0], body.shape[1]),
    )


def _rule_rows(
    ids: pd.Index, rules: Rules
) -> tuple[csr_array, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the rules as rows over all sites, with their bounds and names."""
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    bounds: list[tuple[float, float]] = []
    names: list[str] = []
    for number, quota in enumerate(rules.quotas):
        name = quota.name or f"quota {number}"
        most = np.inf if quota.at_most is None else quota.at_most
        whole = _whole(quota.at_least) and (quota.at_most is None or _whole(quota.at_most))
        if not whole or quota.at_least > most:
            raise SitingError(
                f"{name} asks for at least {quota.at_least} and at most {quota.at_most}; "
                "give whole numbers of 0 or more in this order"
            )
        group = positions(ids, name, _listed(name, quota.sites))
        rows.append((group, np.ones(len(group))))
        bounds.append((float(quota.at_least), most))
        names.append(name)
    for kind, pairs, signs, upper in (
        ("apart", rules.apart, (1.0, 1.0), 1.0),
        ("together", rules.together, (1.0, -1.0), 0.0),
    ):
        for sites in pairs:
            if isinstance(sites, str) or len(_listed(kind, sites)) != 2:
                raise SitingError(f"{kind} holds {sites!r}; give pairs of two sites")
            one, other = sites
            pair = np.concatenate([positions(ids, kind, [site]) for site in sites])
            if pair[0] == pair[1]:
                raise SitingError(f"{kind} pairs site {one} with itself; name two sites")
            rows.append((pair, np.array(signs)))
            bounds.append((-np.inf if kind == "apart" else 0.0, upper))
            names.append(f"{kind}: sites {one} and {other}")
    for number, known in enumerate(rules.excluded):
        # Of all sets of sites only this one has the value len(known).
        inside = positions(ids, "excluded", _listed("excluded", known))
        ones = np.full(len(ids), -1.0)
        ones[inside] = 1.0
        rows.append((np.arange(len(ids)), ones))
        bounds.append((-np.inf, len(inside) - 1.0))
        names.append(f"excluded set {number}")
    indptr = np.concatenate([[0], np.cumsum([len(group) for group, _ in rows], dtype=np.int64)])
    columns = np.concatenate([group for group, _ in rows]) if rows else np.empty(0, np.int64)
    data = np.concatenate([values for _, values in rows]) if rows else np.empty(0)
    matrix = csr_array((data, columns, indptr), shape=(len(rows), len(ids)))
    limits = np.array(bounds, float).reshape(len(rows), 2)
    return matrix, limits[:, 0], limits[:, 1], tuple(names)
