"""The cases of ``siting_capacity`` as peers solve them: spopt, pulp with HiGHS or CBC, CP-SAT.

Run by the interpreter of an environment that holds them; nothing of ours is imported.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

SCALE = 1000
"""CP-SAT knows whole numbers alone; others are given in thousandths."""

Found = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Assignment:
    """The textbook program of who is served where: z over the pairs that can be, x over sites.

    minimise (or maximise) opening @ x + Σ value z subject to Σⱼ zᵢⱼ = 1 (≤ 1 unless everyone is to
    be served), zᵢⱼ ≤ xⱼ, Σᵢ size zᵢⱼ ≤ room xⱼ, Σⱼ xⱼ ≤ p.
    """

    value: np.ndarray
    able: np.ndarray
    opening: np.ndarray
    p: int | None
    size: np.ndarray
    room: np.ndarray | None
    whole: bool
    everyone: bool = True
    maximise: bool = False

    @classmethod
    def of(cls, model: str, args: tuple[Any, ...], options: dict[str, Any]) -> Assignment:
        n, m = args[0].shape
        size = options.get("demand", options.get("weights", np.ones(n)))
        room = options.get("capacity")
        room = None if room is None else np.broadcast_to(np.asarray(room, float), m)
        zeros, everywhere = np.zeros(m), np.ones((n, m), bool)
        split = options.get("split", model == "facility_location")
        if model == "capacitated_p_median":
            return cls(args[0], everywhere, zeros, args[1], size, room, not split)
        if model == "facility_location":
            charges = np.broadcast_to(np.asarray(args[1], float), m)
            whole = room is not None and not split
            return cls(args[0], everywhere, charges, None, size, room, whole)
        if model == "set_cover":
            return cls(np.zeros((n, m)), args[0], np.ones(m), None, size, room, not split)
        worth = np.repeat(size[:, None], m, axis=1)
        return cls(worth, args[0], zeros, args[1], size, room, not split, False, True)


def solve(who: str, case: tuple[str, tuple[Any, ...], dict[str, Any]], limit_s: float) -> Found:
    """Solve a case by a peer; the seconds count from the first line of its program."""
    started = time.perf_counter()
    model, args, options = case
    if who == "spopt + HiGHS":
        found = _spopt(model, args, options, limit_s)
    elif who == "OR-tools CP-SAT":
        found = _cp_sat(Assignment.of(model, args, options), limit_s)
    elif model == "market_share":
        found = _linear_share(args, options, limit_s)
    else:
        found = _pulp(Assignment.of(model, args, options), who, limit_s)
    return found | {"seconds": time.perf_counter() - started}


def _told(program: Any, solver: Any) -> Found:
    import pulp

    bound = np.nan
    if hasattr(program, "solverModel") and isinstance(solver, pulp.HiGHS):
        bound = program.solverModel.getInfo().mip_dual_bound
        bound = -bound if program.sense == pulp.LpMaximize and bound < 0 else bound
    value = pulp.value(program.objective)
    # On the time limit pulp calls an answer optimal: its own word is given as it is.
    return {
        "objective": np.nan if value is None else float(value),
        "bound": float(bound),
        "status": pulp.LpStatus[program.status],
    }


def _engine(who: str, limit_s: float) -> Any:
    import pulp

    solvers = {"pulp + HiGHS": pulp.HiGHS, "pulp + CBC": pulp.PULP_CBC_CMD}
    return solvers[who](msg=False, timeLimit=limit_s)


def _pulp(a: Assignment, who: str, limit_s: float) -> Found:
    import pulp

    program = pulp.LpProblem("p", pulp.LpMaximize if a.maximise else pulp.LpMinimize)
    n, m = a.able.shape
    x = [pulp.LpVariable(f"x{j}", cat="Binary") for j in range(m)]
    kind = "Binary" if a.whole else "Continuous"
    z = {(i, j): pulp.LpVariable(f"z{i}_{j}", 0, 1, kind) for i, j in np.argwhere(a.able).tolist()}
    program += pulp.lpSum(
        [a.opening[j] * x[j] for j in range(m)] + [a.value[i, j] * v for (i, j), v in z.items()]
    )
    for i in range(n):
        served = pulp.lpSum(z[i, j] for j in np.flatnonzero(a.able[i]).tolist())
        program += served == 1 if a.everyone else served <= 1
    for (_, j), v in z.items():
        program += v <= x[j]
    if a.room is not None:
        for j in range(m):
            load = [a.size[i] * z[i, j] for i in np.flatnonzero(a.able[:, j]).tolist()]
            program += pulp.lpSum(load) <= a.room[j] * x[j]
    if a.p is not None:
        program += pulp.lpSum(x) <= a.p
    solver = _engine(who, limit_s)
    program.solve(solver)
    return _told(program, solver)


def _cp_sat(a: Assignment, limit_s: float) -> Found:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    n, m = a.able.shape
    x = [model.new_bool_var("") for _ in range(m)]
    z = {(i, j): model.new_bool_var("") for i, j in np.argwhere(a.able).tolist()}
    for i in range(n):
        near = [z[i, j] for j in np.flatnonzero(a.able[i]).tolist()]
        _ = model.add_exactly_one(near) if a.everyone else model.add_at_most_one(near)
    for (_, j), v in z.items():
        model.add_implication(v, x[j])
    if a.room is not None:
        for j in range(m):
            near = np.flatnonzero(a.able[:, j]).tolist()
            load = sum(int(a.size[i]) * z[i, j] for i in near)
            model.add(load <= int(a.room[j]) * x[j])
    if a.p is not None:
        model.add(sum(x) <= a.p)
    numbers = np.concatenate([a.value[a.able], a.opening])
    scale = 1 if (numbers == np.round(numbers)).all() else SCALE
    value, opening = np.round(a.value * scale), np.round(a.opening * scale)
    goal = sum(int(opening[j]) * x[j] for j in range(m) if opening[j])
    goal += sum(int(value[i, j]) * v for (i, j), v in z.items() if value[i, j])
    _ = model.maximize(goal) if a.maximise else model.minimize(goal)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit_s
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return {
        "objective": solver.objective_value / scale if found else np.nan,
        "bound": solver.best_objective_bound / scale,
        "status": solver.status_name(status),
    }


def _linear_share(args: tuple[Any, ...], options: dict[str, Any], limit_s: float) -> Found:
    """Solve Huff's model as a linear program: y of a demand to each site, y₀ to the competitors.

    yᵢⱼ ≤ (aᵢⱼ / Vᵢ) yᵢ₀ and yᵢⱼ ≤ aᵢⱼ / (aᵢⱼ + Vᵢ) xⱼ (Haase and Müller 2014, "A comparison of
    linear reformulations for multinomial logit choice probabilities in facility location models",
    European Journal of Operational Research 232).
    """
    import pulp

    pull, against = args[0] ** -2.0, (options["competitors"] ** -2.0).sum(axis=1)
    (n, m), weights = pull.shape, options["weights"]
    program = pulp.LpProblem("p", pulp.LpMaximize)
    x = [pulp.LpVariable(f"x{j}", cat="Binary") for j in range(m)]
    rival = [pulp.LpVariable(f"r{i}", 0, 1) for i in range(n)]
    y = [[pulp.LpVariable(f"y{i}_{j}", 0, 1) for j in range(m)] for i in range(n)]
    program += pulp.lpSum(weights[i] * y[i][j] for i in range(n) for j in range(m))
    for i in range(n):
        program += pulp.lpSum(y[i]) + rival[i] == 1
        for j in range(m):
            program += y[i][j] <= pull[i, j] / against[i] * rival[i]
            program += y[i][j] <= pull[i, j] / (pull[i, j] + against[i]) * x[j]
    program += pulp.lpSum(x) <= args[1]
    solver = _engine("pulp + HiGHS", limit_s)
    program.solve(solver)
    return _told(program, solver)


def _spopt(model: str, args: tuple[Any, ...], options: dict[str, Any], limit_s: float) -> Found:
    from spopt import locate

    m = args[0].shape[1]
    room = np.broadcast_to(np.asarray(options.get("capacity", 0.0), float), m)
    if model == "capacitated_p_median":
        # Its objective weighs distances by demand; here each counts once.
        built = locate.PMedian.from_cost_matrix(
            args[0] / options["demand"][:, None],
            options["demand"],
            p_facilities=args[1],
            facility_capacities=room,
        )
    elif model == "set_cover":
        built = locate.LSCP.from_cost_matrix(
            np.where(args[0], 0.0, 2.0),
            1.0,
            demand_quantity_arr=options["weights"],
            facility_capacity_arr=room,
        )
    else:
        built = locate.PDispersion.from_cost_matrix(args[0], p_facilities=args[1])
    solver = _engine("pulp + HiGHS", limit_s)
    return _told(built.solve(solver).problem, solver)
