"""The one door to HiGHS: a mixed-integer linear program in as sparse arrays, an honest answer out.

Huangfu and Hall (2018), "Parallelizing the dual revised simplex method", Mathematical Programming
Computation 10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
from scipy.sparse import csr_array

Status = Literal["optimal", "feasible", "infeasible", "unknown"]


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
    """

    status: Status
    x: np.ndarray | None
    objective: float
    bound: float


def solve(program: Program, *, time_limit_s: float, gap: float = 0.0, seed: int = 0) -> Solution:
    """Minimise a program.

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
    """
    if len(program.cost) == 0:
        met = (program.row_lower <= 0).all() and (program.row_upper >= 0).all()
        nothing = np.zeros(0)
        return Solution("optimal" if met else "infeasible", nothing if met else None, 0.0, 0.0)
    # highspy.Highs prints a banner to stdout before it can be told not to; its base does not.
    solver: Any = highspy.highs._Highs()  # type: ignore[attr-defined]  # see above
    for option, value in {
        "output_flag": False,
        "random_seed": seed,
        "time_limit": float(time_limit_s),
        "mip_rel_gap": gap,
        "mip_abs_gap": 0.0 if gap == 0 else 1e-6,
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
    }.items():
        solver.setOptionValue(option, value)
    solver.passModel(_highs_model(program))
    solver.run()
    return _solution(solver, program)


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
        bound = objective if not program.integral.any() else bound
        return Solution("optimal", x, objective, bound)
    return Solution("feasible", x, objective, bound)
