"""What can be done about gaps: which action closes which, what it costs, what goes together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner import coverage
from planner.actions import running_yuan_per_year
from planner.sites import forbidden_positions
from planner.travel import travel_times

if TYPE_CHECKING:
    from planner.decisions.situation import Situation

KEEP, TEAM = "keep", "team"  # not told as actions of their own
OWN = {"form": "upgrade", "functions": "add_function", "floor_area": "extend"}


@dataclass(eq=False)
class Menu:
    """The actions there are, in the making.

    Attributes
    ----------
    now, halls, gaps
        See ``works_gaps``.
    yearly
        Whether a budget pays yearly costs: without one, nothing that is paid by the year is among
        the actions; with one, nothing whose yearly cost is not known.
    acts
        A row per action: action, id, hall (position of the hall that it closes, -1 if none), place
        (community code), what, cost_yuan, running (yuan a year), days (a year), base (of a
        visit: the team's platform), least, most.
    """

    now: Situation
    halls: pd.DataFrame
    gaps: pd.DataFrame
    yearly: bool
    rows: list[dict[str, object]] = field(default_factory=list)
    entries: list[tuple[np.ndarray, int, np.ndarray]] = field(default_factory=list)
    limits: list[tuple[Mapping[int, float], float, float]] = field(default_factory=list)

    @property
    def acts(self) -> pd.DataFrame:
        """The actions as a frame."""
        return pd.DataFrame(self.rows)

    def add(
        self,
        action: str,
        ident: str,
        code: str | None,
        closes: np.ndarray,
        *,
        share: float | np.ndarray = 1.0,
        what: str = "",
        cost: float = 0.0,
        running: float = 0.0,
        **more: object,
    ) -> int:
        """Add an action that closes some gaps (rows) to a share; return its column."""
        column = len(self.rows)
        told = {"action": action, "id": ident, "place": code, "what": what}
        usual = {"hall": -1, "base": "", "days": 0, "least": 0, "most": 1}
        self.rows.append({**told, "cost_yuan": cost, "running": running, **usual, **more})
        self.entries.append((closes, column, np.broadcast_to(share, len(closes))))
        return column

    def limit(self, terms: Mapping[int, float], lower: float, upper: float) -> None:
        """Ask that a sum over actions lie between two numbers."""
        self.limits.append((terms, lower, upper))

    def values(self) -> csr_array:
        """Return the share of each gap that each action closes, gaps × actions."""
        row = np.concatenate([closes for closes, _, _ in self.entries])
        column = np.repeat(
            [at for _, at, _ in self.entries], [len(closes) for closes, _, _ in self.entries]
        )
        share = np.concatenate([share for _, _, share in self.entries])
        return csr_array((share, (row, column)), shape=(len(self.gaps), len(self.rows)))

    def rules(self) -> tuple[csr_array, np.ndarray, np.ndarray]:
        """Return the limits as rows over the actions, with their lower and upper bounds."""
        parts = [
            (at, column, value)
            for at, (terms, _, _) in enumerate(self.limits)
            for column, value in terms.items()
        ]
        row, column, value = zip(*parts, strict=True) if parts else ((), (), ())
        shape = (len(self.limits), len(self.rows))
        rows = csr_array((np.array(value, float), (row, column)), shape=shape)
        return (
            rows,
            np.array([lower for _, lower, _ in self.limits], float),
            np.array([upper for _, _, upper in self.limits], float),
        )


def menu(
    now: Situation,
    halls: pd.DataFrame,
    gaps: pd.DataFrame,
    *,
    yearly: bool,
    allow_closing: bool,
    forbidden: Iterable[str] = (),
) -> Menu:
    """Return the actions that a standard has costs for; the first columns keep the open halls.

    Raises
    ------
    PlanError
        If a forbidden site does not exist.
    """
    found = Menu(now, halls, gaps, yearly)
    reach = now.reach.tocsc()
    closing = allow_closing and (halls["main"] <= halls["sole"]).to_numpy()
    closing = closing & ~halls["running"].isna().to_numpy()
    for number, hall in enumerate(halls.itertuples()):
        own = np.flatnonzero((gaps["hall"] == number) & ~gaps["open"])
        closes = np.concatenate([_column(reach, number), own])
        least = 0 if closing[number] else 1
        found.add(KEEP, str(hall.Index), hall.community_code, closes, least=least)
    _sites(found, reach, set(forbidden_positions(now.city, tuple(forbidden), now.sites).tolist()))
    _own(found)
    near = _near(now, halls)
    moves: dict[int, list[int]] = {}  # by hall: what ends it
    guests: dict[int, list[int]] = {}  # by host
    if yearly:
        _shares(found, near, guests)
        _mobile(found)
    if closing.any():
        _closings(found, closing, near, moves, guests)
    for at in np.flatnonzero(closing).tolist():
        found.limit(dict.fromkeys([at, *moves.get(at, [])], 1.0), 1.0, 1.0)
    for host, columns in guests.items():  # one guest, and only of a hall that stays
        found.limit({host: -1.0} | dict.fromkeys(columns, 1.0), -np.inf, 0.0)
    return found


def _column(matrix: csr_array, at: int) -> np.ndarray:
    return np.asarray(matrix.indices[matrix.indptr[at] : matrix.indptr[at + 1]], np.int64)


def _sites(found: Menu, reach: csr_array, closed: set[int]) -> None:
    """Add the sites; a hall also brings form, functions and, where large enough, floor area."""
    now, gaps, rules = found.now, found.gaps, found.now.standard.actions
    places = now.places
    area = now.sites["floor_area_m2"].to_numpy(float)
    required = coverage.floor_area_required(now.city, now.standard, places["community_code"])
    running = np.full(len(places), np.nan)
    if rules is not None:
        running = running_yuan_per_year(
            now.city, now.standard, rules, places["community_code"], area
        )
    own = gaps["hall"].to_numpy() >= 0
    for number, site in enumerate(places.itertuples()):
        if number in closed or (found.yearly and np.isnan(running[number])):
            continue
        closes = _column(reach, now.open_count + number)
        if site.form == "hall":
            mine = own & (gaps["community_code"] == site.community_code).to_numpy()
            if not np.nan_to_num(area[number]) >= required[number]:
                mine &= (gaps["gap"] != "floor_area").to_numpy()
            closes = np.concatenate([closes, np.flatnonzero(mine)])
        found.add(
            f"new_{site.form}", str(site.site_id), site.community_code, closes,
            cost=float(site.cost_yuan), running=float(running[number]),
        )  # fmt: skip


def _own(found: Menu) -> None:
    """Add upgrades, functions and extensions of halls that stay."""
    rules = found.now.standard
    upkeep = rules.works.upkeep if rules.works else None
    running = {
        "form": upkeep.yuan_per_upgrade_per_year if upkeep else np.nan,
        "functions": upkeep.yuan_per_function_per_year if upkeep else np.nan,
        "floor_area": rules.actions.hall_running.yuan_per_m2_per_year if rules.actions else np.nan,
    }
    gaps = found.gaps[(found.gaps["hall"] >= 0) & found.gaps["open"]]
    for row, at, gap, what, amount in zip(
        gaps.index, gaps["hall"], gaps["gap"], gaps["what"], gaps["amount"], strict=True
    ):
        price, every_year = price_of(found.now, gap), running[gap] * amount
        if price is None or (found.yearly and np.isnan(every_year)):
            continue
        hall = found.halls.iloc[at]
        column = found.add(
            OWN[gap], str(hall.name), hall["community_code"], np.array([row]),
            what=f"{amount:,.0f} m²" if gap == "floor_area" else what,
            cost=price * amount, running=every_year,
        )  # fmt: skip
        found.limit({column: 1.0, int(at): -1.0}, -np.inf, 0.0)


def price_of(now: Situation, gap: str) -> float | None:
    """Return what a unit of a gap costs once by ``[harmony.criteria]``; None where it has none."""
    criterion = getattr(now.standard.harmony.criteria, gap) if now.standard.harmony else None
    return None if criterion is None else criterion.yuan_per_unit


def _near(now: Situation, halls: pd.DataFrame) -> csr_array:
    """Return the share of the residents of each hall's community within reach of each hall."""
    codes, home = np.unique(halls["community_code"].to_numpy(str), return_inverse=True)
    lives = now.city.settlements["community_code"].to_numpy(str)
    row = np.searchsorted(codes, lives)
    inside = np.flatnonzero((row < len(codes)) & (codes[np.minimum(row, len(codes) - 1)] == lives))
    shape = (len(codes), len(lives))
    people = csr_array((now.residents[inside], (row[inside], inside)), shape=shape)
    near = people @ csr_array(now.reach[:, : now.open_count], dtype=float)
    share = csr_array(near.multiply(1 / np.maximum(people.sum(axis=1), 1e-9)[:, None]))
    share.sort_indices()
    return csr_array(share[home])


def _pairs(found: Menu, near: csr_array) -> Iterable[tuple[int, int, float, np.ndarray]]:
    """Yield guest, host, the share of the guest's residents near it, and the gaps it can close.

    A host must be of another community, of the form that the guest's is to have, and its floor area
    must be known and no less than its own community's.
    """
    halls, gaps = found.halls, found.gaps
    kind, what = gaps["gap"].to_numpy(str), gaps["what"].to_numpy(str)
    form = (halls["form"] == "hall").to_numpy()
    code, spare = halls["community_code"].to_numpy(str), halls["spare_m2"].to_numpy(float)
    asked = set(gaps.loc[kind == "form", "hall"])
    for guest in np.flatnonzero(halls["main"]):
        mine = np.flatnonzero(gaps["hall"] == guest)
        span = slice(near.indptr[guest], near.indptr[guest + 1])
        for host, share in zip(near.indices[span], near.data[span], strict=True):
            if code[host] == code[guest] or (guest in asked and not form[host]) or share <= 0:
                continue
            if np.isnan(spare[host]):
                continue
            offered = halls["offered"].iloc[host]
            closes = [i for i in mine if kind[i] != "functions" or what[i] in offered]
            yield int(guest), int(host), float(min(share, 1.0)), np.array(closes, np.int64)


def _shares(found: Menu, near: csr_array, guests: dict[int, list[int]]) -> None:
    """Add agreements on halls whose floor area, and the guest's own, suffice for both."""
    rules = found.now.standard.works
    if rules is None or rules.share is None:
        return
    halls, is_open = found.halls, found.gaps["open"].to_numpy()
    lacking, spare = halls["floor_area_gap_m2"].fillna(0.0).to_numpy(), halls["spare_m2"].to_numpy()
    short = lacking > 0
    hosts: dict[int, list[int]] = {}
    for guest, host, share, closes in _pairs(found, near):
        closes = closes[is_open[closes]]
        if short[host] or spare[host] < lacking[guest] or len(closes) == 0:
            continue
        column = found.add(
            "share", str(halls.index[guest]), halls["community_code"].iloc[guest], closes,
            share=share, what=str(halls["name"].iloc[host]),
            cost=rules.share.yuan_once, running=rules.share.yuan_per_year,
        )  # fmt: skip
        guests.setdefault(host, []).append(column)
        hosts.setdefault(guest, []).append(column)
    for guest, columns in hosts.items():  # one host, and only of a hall that stays
        found.limit({guest: -1.0} | dict.fromkeys(columns, 1.0), -np.inf, 0.0)


def _mobile(found: Menu) -> None:
    """Add service days at settlements out of reach, or that closing could put there, and teams."""
    now = found.now
    rules = now.standard.works.mobile if now.standard.works else None
    bases = coverage.open_halls(now.city, rules.tier) if rules else ()
    if rules is None or len(bases) == 0:
        return
    least = np.array([row["least"] for row in found.rows[: now.open_count]]) > 0
    safe = now.reach[:, np.flatnonzero(least)].sum(axis=1) > 0
    persons = found.gaps["persons"].to_numpy(float)[: len(now.residents)]
    left = np.flatnonzero(~safe & (persons > 0))
    if len(left) == 0:
        return
    origins = now.city.settlements.set_index("settlement_id").iloc[left]
    travel = travel_times(
        now.city.roads, origins, bases, mode=rules.mode, limit_minutes=rules.minutes
    ).nearest()
    days: dict[str, dict[int, float]] = {}
    for row, base, minutes in zip(left, travel["supply_id"], travel["minutes"], strict=True):
        if np.isnan(minutes):
            continue
        place = now.city.settlements.iloc[row]
        columns = []
        for count in sorted(set(rules.days_per_year)):
            running = count * (rules.yuan_per_day + 2 * minutes * rules.yuan_per_travel_minute)
            column = found.add(
                "mobile", place["settlement_id"], place["community_code"], np.array([row]),
                share=rules.share(count), what=f"{count} d", running=running, days=count, base=base,
            )  # fmt: skip
            columns.append(column)
            days.setdefault(base, {})[column] = -float(count)
        found.limit(dict.fromkeys(columns, 1.0), -np.inf, 1.0)
    for base in sorted(days):
        most = int(np.ceil(-sum(days[base].values()) / rules.team_days_per_year))
        team = found.add(
            TEAM, base, None, np.array([], np.int64), running=rules.yuan_per_team_per_year,
            days=rules.team_days_per_year, most=most,
        )  # fmt: skip
        found.limit({team: float(rules.team_days_per_year)} | days[base], 0.0, np.inf)


def _closings(
    found: Menu,
    closing: np.ndarray,
    near: csr_array,
    moves: dict[int, list[int]],
    guests: dict[int, list[int]],
) -> None:
    """Add closings, and mergers into a neighbour's hall that takes functions and residents over."""
    halls, gaps, works = found.halls, found.gaps, found.now.standard.works
    running = halls["running"].to_numpy(float)
    nothing = np.array([], np.int64)
    if works is not None and works.close is not None:
        for at in np.flatnonzero(closing):
            column = found.add(
                "close", str(halls.index[at]), halls["community_code"].iloc[at], nothing,
                cost=works.close.yuan_once, running=-running[at], hall=at,
            )  # fmt: skip
            moves.setdefault(int(at), []).append(column)
    rules = found.now.standard.actions
    if works is None or works.merge is None or rules is None:
        return
    price, kind = price_of(found.now, "floor_area"), gaps["gap"].to_numpy(str)
    what, of_hall = gaps["what"].to_numpy(str), gaps["hall"].to_numpy()
    for guest, host, share, closes in _pairs(found, near):
        lacking = max(halls["required_m2"].iloc[guest] - halls["spare_m2"].iloc[host], 0.0)
        if not closing[guest] or (lacking > 0 and price is None):
            continue
        brought = np.isin(what, list(halls["offered"].iloc[guest])) & (kind == "functions")
        mine = np.union1d(closes, np.flatnonzero(brought & (of_hall == guest)))
        theirs = np.flatnonzero(brought & (of_hall == host) & gaps["open"].to_numpy())
        column = found.add(
            "merge", str(halls.index[guest]), halls["community_code"].iloc[guest],
            np.concatenate([mine, theirs]),
            share=np.concatenate([np.full(len(mine), share), np.ones(len(theirs))]),
            what=str(halls["name"].iloc[host]),
            cost=works.merge.yuan_once + lacking * (price or 0.0),
            running=lacking * rules.hall_running.yuan_per_m2_per_year - running[guest],
            hall=guest,
        )  # fmt: skip
        moves.setdefault(guest, []).append(column)
        guests.setdefault(host, []).append(column)
