"""A published design: its core file, where each of its values comes from, and the space around it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import tomlkit
from tomlkit.container import Container
from tomlkit.items import Item, Table

from costmodel.price.technology import load_technology
from dse.spec.sweep_spec import SweepSpec
from generator.config import CoreConfig, load_core
from generator.errors import ConfigError, TernlutError

Grade = Literal["P", "A", "S", "D", "?", "="]
"""Paper or code, abstract, second hand, derived; not published; ours, as the design has no such thing."""

GRADES: tuple[Grade, ...] = get_args(Grade)
COMMENT = re.compile(r"# ([PASD?=]):? (\S.*)")


@dataclass(frozen=True)
class Source:
    """Where a value comes from: its grade, and the words behind it."""

    grade: Grade
    text: str


@dataclass(frozen=True)
class PublishedDesign:
    """A design of the literature.

    ``sources`` are those of its values by dotted key. ``spec`` spans all cores of its rate; the design is its
    reference. ``about`` is what the core file says above its values. ``digest`` tells files and technology
    from others.
    """

    name: str
    core: CoreConfig
    clock_mhz: float
    sources: Mapping[str, Source]
    about: str
    spec: SweepSpec
    digest: str

    @property
    def title(self) -> str:
        return str(self.spec.reference["name"])

    @property
    def unknown(self) -> frozenset[str]:
        """Dotted keys whose values nobody published."""
        return frozenset(key for key, source in self.sources.items() if source.grade == "?")

    @property
    def approximates(self) -> str:
        """What the core file says that it cannot say."""
        return self.about.partition("Approximates: ")[2]


def published_designs(folder: Path) -> list[PublishedDesign]:
    """All designs of ``folder``, by name. Raises ``TernlutError`` where there are none, or one is wrong."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ConfigError(f"{folder}: no core file there, the folder of published designs is expected")
    return [published_design(file) for file in files]


def published_design(file: Path) -> PublishedDesign:
    """The design of a core file, whose space has its name in ``spaces/`` beside it.

    Raises ``TernlutError`` in one line where a file is wrong or missing, or a value without a source.
    """
    core, target = load_core(file)
    if target.clock_mhz is None:
        raise ConfigError(f"{file}: target.clock_mhz is missing: a design is compared at its clock")
    text = file.read_text(encoding="utf-8")
    about = " ".join(line.removeprefix("#").strip() for line in _leading(text.splitlines()))
    space = file.parent / "spaces" / file.name
    spec = SweepSpec.load(space)
    made_of = (text, space.read_text(encoding="utf-8"), load_technology(spec.technology).model_dump_json())
    digest = hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:12]
    return PublishedDesign(file.stem, core, target.clock_mhz, dict(_sources(file, text)), about, spec, digest)


def _leading(lines: list[str]) -> Iterator[str]:
    """The comment at the top of a file."""
    for line in lines:
        if not line.startswith("#"):
            return
        yield line


def _sources(file: Path, text: str) -> Iterator[tuple[str, Source]]:
    """The source of every value by its dotted key."""
    for key, item in _values(tomlkit.parse(text)):
        read = COMMENT.fullmatch(item.trivia.comment)
        if read is None:
            raise TernlutError(
                f"{file}: {key}: a comment behind it is expected, one of {' '.join(GRADES)} and where the "
                "value comes from"
            )
        grade: Any = read.group(1)
        yield key, Source(grade, read.group(2))


def _values(container: Container, above: str = "") -> Iterator[tuple[str, Item]]:
    for key, item in container.body:
        if isinstance(item, Table):
            assert key is not None
            yield from _values(item.value, f"{above}{key.key}.")
        elif key is not None:
            yield above + key.key, item
