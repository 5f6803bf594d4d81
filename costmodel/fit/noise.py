"""The mapper's noise: how much a synthesis varies with the order in which the same design is written.

A mapper breaks ties by the order in which it meets gates, so that the same circuit written in another order
comes out a little larger or smaller. A model that knew the mean of every core exactly would still be off by
that much: no model's error can be below it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from costmodel.fit.measurer import Design, Measurer
from costmodel.fit.progress import Progress
from costmodel.price.quantity import DELAY
from generator.config import CoreConfig
from generator.errors import TernlutError

MODULE_END = re.compile(r"(?<=^endmodule\n)", re.MULTILINE)
ITEM_START = re.compile(r"  (?!end|\);)\S")
"""Begins an item of a module; the lines after it are indented further, or close it."""
DECLARATION = re.compile(r"  (input|output|wire|reg)\b")


@dataclass(frozen=True)
class Noise:
    """What one core costs without a clock, and its delay (ps), as it is emitted and then permuted."""

    core: CoreConfig
    cost: tuple[float, ...]
    delay_ps: tuple[float, ...]


def deviations(values: Sequence[float]) -> NDArray[np.float64]:
    """Of each value from the mean of all, in percent of it."""
    results = np.array(values)
    percent: NDArray[np.float64] = 100 * (results / results.mean() - 1)
    return percent


def measure_noise(
    measurer: Measurer,
    cores: Sequence[CoreConfig],
    permutations: int,
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
) -> list[Noise]:
    """Measures each of ``cores`` and ``permutations`` other ways to write it.

    Leaves out what could not be measured, and cores of which fewer than two ways could be.
    """

    def designs() -> Iterator[Design]:
        for core in cores:
            design = Design.of(core)
            for seed in range(1 + permutations):
                yield replace(design, verilog=permuted(design.verilog, seed)) if seed else design

    pairs: dict[int, tuple[float, float]] = {}
    count = len(cores) * (1 + permutations)
    for done, (index, figures) in enumerate(measurer.measure(designs(), workers), start=1):
        if not isinstance(figures, TernlutError):
            pairs[index] = figures[measurer.cost.relaxed], figures[DELAY.name]
        progress("synthesizing permutations", done / count)
    measured = []
    for number, core in enumerate(cores):
        ways = range(number * (1 + permutations), (number + 1) * (1 + permutations))
        if len(of_core := [pairs[index] for index in ways if index in pairs]) > 1:
            costs, delays = zip(*of_core, strict=True)
            measured.append(Noise(core, costs, delays))
    return measured


def permuted(verilog: str, seed: int) -> str:
    """The same design with its modules, and the items of each, in an order that ``seed`` chooses.

    Assignments, processes and instances stand side by side in a module and mean the same in any order;
    declarations stay in front of them. Takes Verilog that is laid out as ``emit`` writes it.
    """
    generator = random.Random(seed)
    modules = []
    for text in MODULE_END.split(verilog):
        head, items, tail = items_of(text)
        declarations = [item for item in items if DECLARATION.match(item)]
        others = [item for item in items if not DECLARATION.match(item)]
        generator.shuffle(others)
        modules.append("".join([head, *declarations, *others, tail]))
    generator.shuffle(modules)
    return "".join(modules)


def items_of(module: str) -> tuple[str, list[str], str]:
    """A module's text up to its port list, its items, and what closes it."""
    head, items, tail = "", [], ""
    for line in module.splitlines(keepends=True):
        if line.startswith("endmodule"):
            tail = line
        elif ITEM_START.match(line):
            items.append(line)
        elif items:
            items[-1] += line
        else:
            head += line
    return head, items, tail
