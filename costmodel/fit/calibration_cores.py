"""The cores that technologies are fitted to: a list that was drawn once and is kept as data.

Drawn anew, the list would be another one after every new number format or architecture. A technology says
which cores it was fitted to by their number and digest, so that ``validate`` knows what it has not seen.
``python -m costmodel.fit.calibration_cores`` draws the list again; every technology is then fitted anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from costmodel.fit.sampling import draw_cores, size
from costmodel.price.technology import Calibration
from generator.config import CoreConfig
from generator.files import write_text
from generator.formats import Integer

SEED = 2
INTEGER_CORES, FLOAT_CORES, CARRY_SAVE_CORES = 110, 90, 24

_FILE = Path(__file__).with_name("calibration_cores.jsonl")
"""A core a line, every key stated; smallest first, behind all others those of carry-save reductions."""


@cache
def calibration_cores() -> tuple[CoreConfig, ...]:
    """The cores that a technology is fitted to, in the order of the list; always the same."""
    return tuple(_stated())


@cache
def fabric_cores() -> tuple[CoreConfig, ...]:
    """The same for FPGAs: of those that were drawn two of integers, one of floats in turn.

    An FPGA's technology is fitted to the first of them, the small ones.
    """
    drawn = calibration_cores()[: INTEGER_CORES + FLOAT_CORES]
    integers = [core for core in drawn if isinstance(core.format, Integer)]
    floats = [core for core in drawn if not isinstance(core.format, Integer)]
    rounds = [[*integers[2 * i : 2 * i + 2], *floats[i : i + 1]] for i in range(len(drawn))]
    return tuple(core for each in rounds for core in each)


def calibration_of(cores: Sequence[CoreConfig]) -> Calibration:
    """What a technology that is fitted to ``cores`` says of them."""
    stated = _stated()
    text = "\n".join(stated.get(core) or _line(core) for core in cores)
    return Calibration(cores=len(cores), digest=hashlib.sha256(text.encode()).hexdigest()[:16])


def cores_of(calibration: Calibration | None) -> frozenset[CoreConfig] | None:
    """The cores that a technology was fitted to; None if it does not say, or they are not of this list."""
    if calibration is None:
        return None
    for order in (calibration_cores(), fabric_cores()):
        cores = order[: calibration.cores]
        if calibration_of(cores) == calibration:
            return frozenset(cores)
    return None


@cache
def _stated() -> dict[CoreConfig, str]:
    """The lines of the list by their cores. Digests are of lines, which no new key of a core changes."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return {CoreConfig.parse(json.loads(line)): line for line in lines}


def _line(core: CoreConfig) -> str:
    return json.dumps(core.model_dump(mode="json", exclude_none=True), sort_keys=True)


def main() -> None:
    """Draws the list again."""
    drawn = [*draw_cores(SEED, INTEGER_CORES), *draw_cores(SEED, FLOAT_CORES, floats=1.0)]
    cores = [*sorted(drawn, key=size), *sorted(carry_save_cores(), key=size)]
    write_text(_FILE, "".join(f"{_line(core)}\n" for core in cores))


def carry_save_cores() -> list[CoreConfig]:
    """Cores with carry-save reductions, a quarter of them for floats."""
    drawn = draw_cores(SEED, 2 * CARRY_SAVE_CORES, floats=0.25, carry_save=1.0)
    return [core for core in drawn if core.reduction == "carry_save"][:CARRY_SAVE_CORES]


if __name__ == "__main__":
    main()
