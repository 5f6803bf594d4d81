"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float | None], None]
"""Is called with a line of text, and the share that is done (0 … 1) or None."""
