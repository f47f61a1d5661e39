"""Outreach by search: plans of whole days for every community, and bounds by priced hours.

A share of need t asks for so many hours in every community. Whether workers can give them is a
generalised assignment problem whose pieces are patterns (``outreach_kernels``): prices of workers'
hours say that they cannot (Lagrangian relaxation, Fisher 1981, "The Lagrangian relaxation method
for solving integer programming problems", Management Science 27), a guided local search that they
can; the largest t lies between. The same prices bound the hours in total.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from planner.staffing import outreach_kernels as kernels
from planner.staffing.answer import Answer
from planner.staffing.price_kernels import cheapest_patterns
from planner.staffing.problem import OutreachProblem

_LINK_STEPS = 2e7
"""Of a search, times links: what is tried is so much work, whatever time it takes."""
_MANNERS = ((0.02, 1.3), (0.1, 1.1), (0.3, 1.15))
"""How light overload weighs at first, against an hour of work, and how fast it gains."""
_CLOSE = 1e-3  # of the share: where the search ends; twice it beyond
_LARGE = 50_000  # links
_POSITIVE = 1e-7
_NEARLY = 0.98  # of the hours that the prices ask for: all at once seldom fit
_HOPELESS = 0.03  # of the hours, priced: a bound this far below 0 will not turn positive
_TRUST, _MOMENTUM = 20, 0.7  # of the subgradients (Camerini, Fratta and Maffioli 1975)
_WARMTH = 0.5  # hours that a change of a few communities may lose at first
_THREADS, _WORTH_THREADS = 2, 20_000  # links
Stopped = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Board:
    """An outreach problem as the kernels want it: links by community, and by worker."""

    problem: OutreachProblem
    ptr: np.ndarray
    worker: np.ndarray
    most_days: np.ndarray
    least: np.ndarray
    shortest: np.ndarray
    by_worker: np.ndarray
    of_worker: np.ndarray
    pairs: bool

    @classmethod
    def of(cls, problem: OutreachProblem) -> Board:
        """Return the board of a problem."""
        rules, n = problem.rules, len(problem.need)
        unmet = problem.unmet
        order = np.argsort(problem.worker, kind="stable")
        return cls(
            problem,
            np.searchsorted(problem.community, np.arange(n + 1)),
            problem.worker.astype(np.int64),
            problem.most_days.astype(np.int64),
            np.minimum(max(rules.hours_per_community, rules.visit_hours), unmet),
            np.minimum(rules.visit_hours, unmet),
            np.searchsorted(problem.worker[order], np.arange(len(problem.hours) + 1)),
            order,
            rules.workers_per_community > 1,
        )

    @property
    def price_steps(self) -> int:
        """Steps of prices that a bound of the share is given; of the hours, four times."""
        return int(np.clip(_LINK_STEPS / len(self.worker), 80, 400))

    @property
    def patience(self) -> int:
        """Steps of a local search without progress."""
        return int(np.clip(40 * _LINK_STEPS / len(self.worker), 5_000, 20_000))

    @property
    def close(self) -> float:
        """How near to the bound a share need be, relatively."""
        return _CLOSE if len(self.worker) <= _LARGE else 2 * _CLOSE

    @property
    def high(self) -> np.ndarray:
        """Most hours that each community can be given."""
        return np.where(self.problem.reached, self.problem.unmet, 0.0)

    def low(self, share: float) -> np.ndarray:
        """Return the hours that each community needs for this share."""
        p = self.problem
        return np.where(p.reached, np.maximum(p.need * share - p.met, 0.0), 0.0)

    def answer(self, patterns: np.ndarray) -> Answer:
        """Return patterns as hours and days of links."""
        hours, days = (np.zeros(len(self.worker)) for _ in range(2))
        for at in (0, 3):
            used = patterns[:, at] >= 0
            link = patterns[used, at].astype(int)
            days[link], hours[link] = patterns[used, at + 1], patterns[used, at + 2]
        return Answer.made(self.problem, hours, days)

    def cheapest(
        self, low: np.ndarray, prices: np.ndarray, value: float
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the bound at these prices, what is used beyond what there is, and the patterns."""
        p, n, w = self.problem, len(self.problem.need), len(self.problem.hours)
        cost, patterns = np.zeros(n), np.full((n, 6), -1.0)
        hourly, daily = prices[:w], prices[w:]

        def part(ends: tuple[int, int]) -> None:
            cheapest_patterns(
                ends[0], ends[1], self.ptr, self.worker, p.trip, p.day, self.most_days, self.least,
                self.shortest, low, self.high, hourly, daily, value, self.pairs, cost, patterns,
            )  # fmt: skip

        if len(self.worker) < _WORTH_THREADS:
            part((0, n))
        else:
            cuts = np.linspace(0, n, _THREADS + 1).astype(int)
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(part, pairwise(cuts)))
        over = -np.concatenate([p.hours, p.days])
        for at in (0, 3):
            used = patterns[:, at] >= 0
            link, days = patterns[used, at].astype(int), patterns[used, at + 1]
            work = patterns[used, at + 2] + p.trip[link] * days
            over[:w] += np.bincount(self.worker[link], work, minlength=w)
            over[w:] += np.bincount(self.worker[link], days, minlength=w)
        return float(cost.sum() - hourly @ p.hours - daily @ p.days), over, patterns


def priced(
    board: Board,
    share: float,
    prices: np.ndarray,
    *,
    value: float,
    aim: float = 0.0,
    steps: int | None = None,
    enough: float = np.inf,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the largest Lagrangian bound found from these prices on, its prices and patterns.

    Parameters
    ----------
    board, share
        The problem, and the share of need that every community must get.
    prices
        Of each worker's hours, then of each one's days, to begin with.
    value
        What an hour of service is worth: 0 to tell whether the share is possible (not, where the
        bound is positive), 1 to bound minus the hours in total.
    aim
        What the bound is thought to be near (Polyak's step).
    steps
        Of the subgradient method.
    enough
        A bound above which it ends.
    """
    low = board.low(share)
    best, best_prices, best_patterns = -np.inf, prices, np.empty((0, 6))
    scale, since = 1.0, 0
    way: np.ndarray | None = None
    p, w = board.problem, len(board.problem.hours)
    for turn in range(board.price_steps if steps is None else steps):
        bound, over, patterns = board.cheapest(low, prices, value)
        if bound > best + 1e-9 * max(abs(bound), 1.0):
            best, best_prices, best_patterns, since = bound, prices, patterns, 0
        else:
            since += 1
        if best > enough or (
            turn > 20 and value == 0 and best < -_HOPELESS * float(prices[:w] @ p.hours)
        ):
            break
        if since >= _TRUST:
            scale, since, prices, way = scale / 2, 0, best_prices, None
            if scale < 1e-4:
                break
            continue
        over[(prices <= 0) & (over < 0)] = 0.0
        way = over if way is None else _MOMENTUM * way + (1 - _MOMENTUM) * over
        size = float(way @ way)
        if size == 0:
            break
        ahead = max(aim - bound, 1e-4 * max(abs(bound), 1.0))
        prices = np.maximum(prices + scale * ahead / size * way, 0.0)
        if value == 0:
            prices = prices / max(prices.max(), 1e-12)
    return best, best_prices, best_patterns


def packed(
    board: Board,
    share: float,
    prices: np.ndarray,
    start: np.ndarray,
    *,
    turns: int,
    seed: int,
) -> tuple[np.ndarray | None, np.ndarray]:
    """Return patterns that give every community its share, and how hard it was at each worker.

    None in place of the patterns if none were found.
    """
    p, w = board.problem, len(board.problem.hours)
    low = board.low(share)
    order = np.argsort(-low, kind="stable")
    weight = np.ones(w)
    busy = prices[:w][prices[:w] > 0]
    work = np.maximum(prices[:w], 0.05 * busy.mean() if len(busy) else 1.0)
    work = work / work.mean()
    for turn in range(turns):
        light, grow = _MANNERS[turn % len(_MANNERS)]
        patterns = start.copy() if turn % 2 else np.full(start.shape, -1.0)
        weight = np.full(w, light)
        found = kernels.pack(
            board.ptr, board.worker, p.trip, p.day, board.least, board.shortest, board.by_worker,
            board.of_worker, p.community, low, p.hours, p.days, p.rules.hours_per_day, work,
            board.pairs, order, patterns, weight, light, grow,
            board.patience, seed + turn,
        )  # fmt: skip
        if found:
            return patterns, weight
    return None, weight


def fairest(
    board: Board, bound: float, *, seed: int, stopped: Stopped
) -> tuple[np.ndarray, float, float]:
    """Return patterns of the largest least share found, and what no plan's can exceed."""
    n, w = len(board.problem.need), len(board.problem.hours)
    best = np.full((n, 6), -1.0)
    share = board.answer(best).least_share
    prices = np.concatenate([np.ones(w), np.zeros(w)])
    reach, trial = bound, bound
    while reach - share > board.close * max(bound, 1e-9) and not stopped():
        found, hard = packed(board, trial, prices, best, turns=2, seed=seed)
        if found is None:
            shown, prices = _shown_short(board, trial, prices, hard)
            if shown:
                bound = trial
            else:
                found, _ = packed(
                    board,
                    trial,
                    prices,
                    best,
                    turns=6 if len(board.worker) <= _LARGE else 2,
                    seed=seed,
                )
        if found is None:
            reach = trial
        else:
            best, share = found, max(trial, board.answer(found).least_share)
        trial = (share + reach) / 2
    while bound - reach > board.close * bound and not stopped():
        trial = (bound + reach) / 2
        shown, prices = _shown_short(board, trial, prices, prices[:w])
        bound, reach = (trial, reach) if shown else (bound, trial)
    return best, share, bound


def _shown_short(
    board: Board, share: float, prices: np.ndarray, hard: np.ndarray
) -> tuple[bool, np.ndarray]:
    """Return whether prices show that the share is impossible, and the prices."""
    hints = [np.concatenate([hard / max(hard.max(), 1e-12), np.zeros(len(hard))]), prices]
    best, kept = -np.inf, prices
    for hint in hints:
        shown, later, _ = priced(board, share, hint, value=0.0, aim=1.0, enough=_POSITIVE)
        if shown > best:
            best, kept = shown, later
        if shown > _POSITIVE:
            return True, later
    return False, kept


def fullest(
    board: Board, share: float, patterns: np.ndarray, *, seed: int, stopped: Stopped
) -> tuple[np.ndarray, float]:
    """Return patterns of most hours that keep the share, and what no such plan can exceed."""
    w = len(board.problem.hours)
    everything = float(board.high.sum())
    best = patterns
    given = board.answer(best).hours.sum()
    if given < everything - _POSITIVE:
        best = _filled(board, share, patterns, np.full(w, 0.5), seed)
        given = board.answer(best).hours.sum()
    if given >= everything - _POSITIVE or stopped():
        return best, everything
    start = np.concatenate([np.full(w, 0.3), np.zeros(w)])
    steps = 4 * board.price_steps
    below, prices, cheap = priced(board, share, start, value=1.0, aim=-given, steps=steps)
    bound = min(-below, everything)
    if not stopped():
        begin = _near(board, share, prices, cheap, best, seed)
        filled = _filled(board, share, begin, prices[:w], seed)
        if board.answer(filled).hours.sum() > given:
            best = filled
    return best, bound


def _near(
    board: Board, share: float, prices: np.ndarray, cheap: np.ndarray, known: np.ndarray, seed: int
) -> np.ndarray:
    """Return a feasible plan near the hours that the prices ask for, or the one known.

    Where they cannot all be given, the communities of overloaded workers go back to their visits
    in the plan known, and so do those that this overloads, until nobody is.
    """
    p, w = board.problem, len(board.problem.hours)
    wanted = np.maximum(cheap[:, 2], 0.0) + np.where(cheap[:, 3] >= 0, cheap[:, 5], 0.0)
    low = np.maximum(board.low(share), wanted * _NEARLY)
    work = np.maximum(prices[:w], 0.05)
    patterns = np.full(known.shape, -1.0)
    kernels.pack(
        board.ptr, board.worker, p.trip, p.day, board.least, board.shortest, board.by_worker,
        board.of_worker, p.community, low, p.hours, p.days, p.rules.hours_per_day,
        work / work.mean(), board.pairs, np.argsort(-low, kind="stable"), patterns,
        np.full(w, 0.1), 0.1, 1.1, board.patience, seed,
    )  # fmt: skip
    for _ in range(len(known) + 1):
        used, days = np.zeros(w), np.zeros(w)
        for at in (0, 3):
            has = patterns[:, at] >= 0
            link, d = patterns[has, at].astype(int), patterns[has, at + 1]
            used += np.bincount(
                board.worker[link], patterns[has, at + 2] + p.trip[link] * d, minlength=w
            )
            days += np.bincount(board.worker[link], d, minlength=w)
        heavy = (used > p.hours + _POSITIVE) | (days > p.days + _POSITIVE)
        if not heavy.any():
            return patterns
        back = np.zeros(len(known), bool)
        for rows in (patterns, known):
            for at in (0, 3):
                has = rows[:, at] >= 0
                back[has] |= heavy[board.worker[rows[has, at].astype(int)]]
        patterns = np.where(back[:, None], known, patterns)
    return known


def _filled(
    board: Board, share: float, patterns: np.ndarray, prices: np.ndarray, seed: int
) -> np.ndarray:
    """Return patterns of no fewer hours."""
    p = board.problem
    best = patterns.copy()
    steps = int(np.clip(20 * _LINK_STEPS / len(board.worker), 30_000, 100_000))
    kernels.fill(
        board.ptr, board.worker, p.trip, p.day, board.least, board.shortest, board.by_worker,
        board.of_worker, p.community, board.low(share), board.high, p.hours, p.days, prices,
        board.pairs, best, steps, _WARMTH, seed,
    )  # fmt: skip
    return (
        best if board.answer(best).hours.sum() >= board.answer(patterns).hours.sum() else patterns
    )
