"""What a command of ours leaves behind, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class Result(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def figures(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        assert self.status in (0, 1), self.err
        assert self.err == ""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def complaint(self) -> str:
        """The one line on stderr of a command that refuses its input."""
        assert self.status == 2, self.err
        assert self.out == ""
        assert self.err.startswith("ternlut: ")
        assert self.err.count("\n") == 1
        return self.err


Run = Callable[..., Result]
