"""The one door to HiGHS: a mixed-integer linear program in as sparse arrays, an honest answer out.

Huangfu and Hall (2018), "Parallelizing the dual revised simplex method", Mathematical Programming
Computation 10.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
from scipy.sparse import csr_array

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
Method = Literal["choose", "ipm"]


@dataclass(frozen=True, eq=False)
class Program:
    """A mixed-integer linear program: minimise ``cost @ x`` between bounds.

    Attributes
    ----------
    cost
        Cost of each variable, shape (n,).
    rows
        Coefficients of the constraints, shape (m, n).
    row_lower, row_upper
        Bounds of ``rows @ x``, shape (m,).
    lower, upper
        Bounds of ``x``, shape (n,).
    integral
        Which variables must be whole, shape (n,).
    """

    cost: np.ndarray
    rows: csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integral: np.ndarray


@dataclass(frozen=True, eq=False)
class Solution:
    """What the solver found.

    Attributes
    ----------
    status
        ``optimal`` (proven), ``feasible`` (time was up), ``infeasible``, or ``unknown`` (time was
        up before anything was found).
    x
        Values of the variables; None if nothing was found.
    objective
        ``cost @ x``; infinite if nothing was found.
    bound
        No solution costs less than this.
    interrupted
        Whether Ctrl-C ended the search: the caller should end its own too.
    reduced
        Reduced cost of each variable; None unless nothing must be whole and it is optimal.
    """

    status: Status
    x: np.ndarray | None
    objective: float
    bound: float
    interrupted: bool = False
    reduced: np.ndarray | None = None


_SAME = 1e-7  # relative, of an objective and the same counted anew
_EAR_S = 0.1  # how often Ctrl-C is looked for
Report = Callable[[float, float], None]


def solve(
    program: Program,
    *,
    time_limit_s: float,
    gap: float = 0.0,
    seed: int = 0,
    start: np.ndarray | None = None,
    report: Report | None = None,
    stopped: Callable[[], bool] = lambda: False,
    method: Method = "choose",
    node_limit: int | None = None,
) -> Solution:
    """Minimise a program.

    Ctrl-C ends the search (within 0.2 s, as measured at the root and in the tree) and returns the
    best found.

    Parameters
    ----------
    program
        What to minimise.
    time_limit_s
        Seconds after which the best found is returned with its bound.
    gap
        Relative gap at which an answer is good enough; 0 for proven optimality.
    seed
        Seed of the solver's own choices.
    start
        A solution to begin with, shape (n,); returned if no better one is found.
    report
        Told objective and bound whenever the best solution improves.
    stopped
        Asked now and then whether to stop as Ctrl-C does; for callers outside the main thread.
    method
        ``ipm`` for interior points with crossover, which large linear programs take less time by.
    node_limit
        Nodes of the tree after which the best found is returned, for an answer that does not
        depend on the machine's load; any number if left out.
    """
    if len(program.cost) == 0:
        met = (program.row_lower <= 0).all() and (program.row_upper >= 0).all()
        nothing = np.zeros(0)
        return Solution("optimal" if met else "infeasible", nothing if met else None, 0.0, 0.0)
    # highspy.Highs prints a banner to stdout before it can be told not to; its base does not.
    solver: Any = highspy.highs._Highs()  # type: ignore[attr-defined]  # see above
    for option, value in {
        "output_flag": False,
        "solver": method,
        "random_seed": seed,
        "time_limit": float(time_limit_s),
        "mip_rel_gap": gap,
        "mip_abs_gap": 0.0 if gap == 0 else 1e-6,
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
    }.items():
        solver.setOptionValue(option, value)
    if node_limit is not None:
        solver.setOptionValue("mip_max_nodes", node_limit)
    solver.passModel(_highs_model(program))
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = np.asarray(start, np.float64)
        solver.setSolution(known)
    listener = _run(solver, report, stopped)
    found = _solution(solver, program)
    if listener.stop and found.status not in ("optimal", "infeasible"):
        found = _interrupted(listener, program)
    if start is None:
        return found
    told = float(solver.getInfo().objective_function_value)
    if found.status == "optimal" and abs(told - found.objective) > _SAME * max(abs(told), 1.0):
        # HiGHS 1.16 may improve a start in its presolve and hand back the start itself: its own
        # objective tells.
        left = max(time_limit_s - float(solver.getRunTime()), 0.0)
        return solve(
            program,
            time_limit_s=left,
            gap=gap,
            seed=seed,
            report=report,
            stopped=stopped,
            method=method,
            node_limit=node_limit,
        )
    if found.objective <= program.cost @ start:
        return found
    # HiGHS drops a start that it ran out of time to check; the caller's word is good.
    value = float(program.cost @ start)
    return Solution("feasible", np.asarray(start, float), value, found.bound, found.interrupted)


class _Listener:
    """Hears HiGHS: tells it to stop, keeps the best it found, which it forgets where stopped."""

    def __init__(self, report: Report | None) -> None:
        self.report = report
        self.stop = False
        self.failure: Exception | None = None
        self.x: np.ndarray | None = None
        self.bound = -math.inf

    def __call__(self, kind: Any, _message: str, out: Any, answer: Any, _data: Any) -> None:
        if kind == highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution:
            self.x = np.array(out.mip_solution)
            self.tell(out.objective_function_value, out.mip_dual_bound)
            return
        if kind == highspy.cb.HighsCallbackType.kCallbackMipInterrupt:
            self.bound = max(self.bound, out.mip_dual_bound)
        answer.user_interrupt = self.stop

    def tell(self, objective: float, bound: float) -> None:
        if self.report is None:
            return
        try:
            self.report(objective, bound)
        except Exception as failure:  # raised again in the caller's thread
            self.failure, self.stop, self.report = failure, True, None


def _run(solver: Any, report: Report | None, stopped: Callable[[], bool]) -> _Listener:
    """Run HiGHS beside the caller's thread, so that Ctrl-C comes through and stops it."""
    listener = _Listener(report)
    solver.setCallback(listener, None)
    kinds = highspy.cb.HighsCallbackType
    for kind in (
        kinds.kCallbackMipInterrupt,
        kinds.kCallbackSimplexInterrupt,
        kinds.kCallbackIpmInterrupt,
        kinds.kCallbackMipImprovingSolution,
    ):
        solver.startCallback(kind)
    ended = threading.Event()

    def work() -> None:
        try:
            solver.run()
        finally:
            ended.set()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    # An event, not join: a join that Ctrl-C ends takes the thread for dead (before Python 3.13).
    while not ended.is_set():
        try:
            ended.wait(_EAR_S)
            listener.stop = listener.stop or stopped()
        except KeyboardInterrupt:
            listener.stop = True
    worker.join()
    if listener.failure is not None:
        raise listener.failure
    return listener


def _highs_model(program: Program) -> highspy.HighsLp:
    model = highspy.HighsLp()
    rows = csr_array(program.rows, dtype=np.float64)
    model.num_row_, model.num_col_ = rows.shape
    model.col_cost_ = np.asarray(program.cost, np.float64)
    model.col_lower_ = np.asarray(program.lower, np.float64)
    model.col_upper_ = np.asarray(program.upper, np.float64)
    model.row_lower_ = np.asarray(program.row_lower, np.float64)
    model.row_upper_ = np.asarray(program.row_upper, np.float64)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = rows.indptr.astype(np.int32)
    model.a_matrix_.index_ = rows.indices.astype(np.int32)
    model.a_matrix_.value_ = rows.data
    whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    model.integrality_ = [whole if integral else real for integral in program.integral]
    return model


def _interrupted(listener: _Listener, program: Program) -> Solution:
    bound = listener.bound if program.integral.any() else -math.inf
    if listener.x is None:
        return Solution("unknown", None, math.inf, bound, interrupted=True)
    x = np.where(program.integral, np.round(listener.x), listener.x)
    return Solution("feasible", x, float(program.cost @ x), bound, interrupted=True)


def _solution(solver: Any, program: Program) -> Solution:
    status = solver.getModelStatus()
    info = solver.getInfo()
    if status in (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    ):
        return Solution("infeasible", None, math.inf, math.inf)
    bound = float(info.mip_dual_bound) if program.integral.any() else -math.inf
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Solution("unknown", None, math.inf, bound)
    x = np.asarray(solver.getSolution().col_value)
    x[program.integral] = np.round(x[program.integral])
    objective = float(program.cost @ x)
    if status == highspy.HighsModelStatus.kOptimal:
        if program.integral.any():
            return Solution("optimal", x, objective, bound)
        reduced = np.asarray(solver.getSolution().col_dual)
        return Solution("optimal", x, objective, objective, reduced=reduced)
    return Solution("feasible", x, objective, bound)
