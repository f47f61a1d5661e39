"""How many random examples a property is tried on.

``make test`` tries half of the whole count, so that it stays within its ten minutes; the fast part
a fifth; ``SANSHE_EXAMPLES=all make test`` all of it.
"""

from __future__ import annotations

import os

PART = {"all": 1.0, "half": 0.5}.get(os.environ.get("SANSHE_EXAMPLES", ""), 0.2)


def examples(count: int) -> int:
    """Return the part of a whole count that is tried, and at least 10."""
    return max(round(count * PART), min(count, 10))
