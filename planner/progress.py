"""How long work tells what it is doing, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Called with the key of each stage (``progress.*`` in the catalogue) as it begins."""
