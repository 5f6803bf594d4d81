"""Where results that are expensive to make and cheap to keep live between runs: builds, syntheses."""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path:
    """``$TERNLUT_CACHE``, else ``ternlut`` in ``$XDG_CACHE_HOME``, else in ``~/.cache``; not created here."""
    if chosen := os.environ.get("TERNLUT_CACHE"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "ternlut"
    return Path.home() / ".cache" / "ternlut"
