"""Tables of departments tied to layers: by code or name, across code changes, down to communities.

Contents
--------
link, Link
    Which row of a layer each row of a table is about: by code, by name, or candidates to confirm.
write_candidates, read_confirmed
    Candidates as a small CSV, and what was confirmed in it.
carry_over
    Counts brought to new codes after communities were merged, split or renamed.
spread, Spread
    Population of towns or of a grid brought to communities; totals are kept.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
