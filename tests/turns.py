"""How tests are dealt out to processes: in units that share what is dear, the longest first.

The tests of a file run in one process, one after the other, so that its fixtures are made once;
those with a browser all share one, as do those of regions. Files that would hold up the end of a
run are dealt out test by test. (Marks of pytest-xdist 3.8 for groups have no effect under
pytest 9.2.)
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/browser/", "tests/distributed/")
APART = (
    "tests/crashes/test_killed.py",
    "tests/oracles/test_real_streets.py",
    "tests/properties/test_siting_at_length.py",
    "tests/properties/test_siting_family.py",
)
LONGEST = (
    "tests/browser/",
    "tests/distributed/",
    "notebooks/",
    "tests/unit/test_three_societies.py",
    "tests/unit/planner/test_published_files.py",
    *APART,
    "tests/packaging/",
    "tests/database/",
    "tests/properties/",
    "tests/bad_inputs/",
    "tests/oracles/",
)


def longest_first(nodeid: str) -> int:
    """Return when a test's turn is: what takes long begins first."""
    turns = (turn for turn, place in enumerate(LONGEST) if nodeid.startswith(place))
    return next(turns, len(LONGEST))


class Turns(LoadScopeScheduling):
    """Deals out units in the order of collection, which is that of ``longest_first``."""

    def __init__(self, config, log=None):
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = next((folder for folder in TOGETHER if path.startswith(folder)), None)
        return folder or (nodeid if path in APART else path)
