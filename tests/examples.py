"""How many random examples a property is tried on: all of them in `make test`, else some."""

from __future__ import annotations

import os

ALL = os.environ.get("SANSHE_EXAMPLES") == "all"


def examples(count: int) -> int:
    """Return the whole count, or a fifth of it in the fast part."""
    return count if ALL else max(count // 5, 10)
