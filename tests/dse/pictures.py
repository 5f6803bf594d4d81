"""Sketches in place of a sweep's pictures: layout and pixels take most of the time of a small sweep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from dse.presentation import plotting
from dse.sweep.report import figures
from generator.files import replacing

PNG = b"\x89PNG\r\n\x1a\n"
"""How every PNG file begins."""


def sketch(figure: Figure, directory: Path, name: str) -> None:
    """The figure as SVG, drawn whole but not laid out; the PNG is a stand-in."""
    figure.set_layout_engine(None)
    with replacing(directory / f"{name}.svg") as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})
    with replacing(directory / f"{name}.png") as temporary:
        temporary.write_bytes(PNG)


@contextmanager
def sketched() -> Iterator[None]:
    """Meanwhile sweeps in this process sketch their pictures."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(figures, "save", sketch)
        yield


@contextmanager
def pictured() -> Iterator[None]:
    """Meanwhile pictures are those that users get."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(figures, "save", plotting.save)
        yield
