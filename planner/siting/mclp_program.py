"""The maximal covering location problem as a mixed-integer program, for HiGHS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.siting.presolve import Cover
from planner.solver import Program


def program_of(cover: Cover) -> Program:
    """Return the MCLP without limits on its sites, over sites and rows: yᵢ ≤ Σⱼ aᵢⱼ xⱼ."""
    demands, sites = cover.shape
    return Program(
        cost=np.concatenate([np.zeros(sites), -cover.weights]),
        rows=csr_array(hstack([-cover.matrix(), eye_array(demands)])),
        row_lower=np.full(demands, -np.inf),
        row_upper=np.zeros(demands),
        lower=np.zeros(sites + demands),
        upper=np.ones(sites + demands),
        integral=np.arange(sites + demands) < sites,
    )


def at_most(program: Program, sites: int, p: int) -> Program:
    """Return a program whose first variables are sites, with at most p of them open."""
    number = csr_array((np.arange(len(program.cost)) < sites)[None, :].astype(float))
    return replace(
        program,
        rows=csr_array(vstack([program.rows, number])),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, p),
    )
