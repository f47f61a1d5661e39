"""Compiling ahead reaches the main kernels, each with one set of types."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
from planner import compiled
told = []
compiled.compile_all(told.append)
from planner.siting import median_lists, median_search, mclp_kernels, lscp_kernels, serving_bound
from planner.siting import schedule_kernels
from planner.siting import center_bisection, median_merge, median_relinking, serving_search
from planner.siting import tiered_kernels as tiers
assert told == list(compiled.STAGES)
for kernel in (
    median_lists.between, median_search._kicked, median_search._greedy,
    median_relinking._relinked, median_merge._same, center_bisection._greedy_cover,
    mclp_kernels.tabu, mclp_kernels.descend, lscp_kernels.ascend, lscp_kernels.reweigh,
    serving_bound.ascend, serving_bound.rule_out, serving_search.explore,
    serving_search.exchange_sites, tiers.serve, tiers.gains, tiers.gains_of_ways, tiers.choose,
    tiers.values, tiers.slope, tiers.add_ways, tiers.chain_values, tiers.chain_uses, tiers.ways_on,
      schedule_kernels.improve,
):
    assert len(kernel.signatures) == 1, kernel
"""


@pytest.mark.slow
def test_each_kernel_is_compiled_for_one_set_of_types():
    subprocess.run([sys.executable, "-c", CODE], check=True)
