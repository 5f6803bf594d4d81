"""Candidates for ``mutants.json``: python -m tests.dse.handoff.mutants.candidates [COUNT] [SEED] > FILE.json

One change a line, by simple operators, in turn from every module of every core. Whether one is noticed, or
changes nothing that can be seen, is for the regression and for the reader to say.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator

from generator.config import CoreConfig
from generator.verilog import emit
from tests.dse.handoff.mutants import CORES, Mutant, lettered

OPERATORS = {
    "a register without reset": (r"\brst \? ", "1'h0 ? "),
    "a choice the wrong way round": (r"(\w+) \? (\S+) : (\S+);", r"\1 ? \3 : \2;"),
    "and for or": (r" \| ", " & "),
    "or for and": (r" & ", " | "),
    "equal for not equal": (r" == ", " != "),
    "a sum for a difference": (r" - ", " + "),
    "a difference for a sum": (r" \+ ", " - "),
    "the wrong bit": (r"\[(\d+)\](?=[ ,;}])", lambda m: f"[{int(m[1]) ^ 1}]"),
    "a bit turned over": (r"\b1'h1\b", "1'h0"),
    "an inversion left out": (r"= ~ ", "= "),
    "an enable that is always on": (r"if \(\w+\)", "if (1'h1)"),
}


def candidates(core: str, rng: random.Random) -> Iterator[Mutant]:
    """Mutants of every module of ``core``, a few of each."""
    for name, text in emit(CoreConfig.parse(CORES[core])).modules.items():
        lines = text.splitlines()
        unique = {line for line, count in Counter(lines).items() if count == 1}
        module = name.split("_")[0] if name.startswith(("sequencer", "column", "datapath")) else name
        module = module.removesuffix(f"_{CoreConfig.parse(CORES[core]).digest}")
        for what, (pattern, replacement) in OPERATORS.items():
            fitting = [line for line in lines if line in unique and re.search(pattern, line)]
            fitting = [line for line in fitting if line.strip().startswith(("assign", "if", "always"))]
            for line in rng.sample(fitting, min(2, len(fitting))):
                places = list(re.finditer(pattern, line))
                place = rng.choice(places)
                changed = line[: place.start()] + re.sub(pattern, replacement, place[0]) + line[place.end() :]
                if changed == line:
                    changed = re.sub(pattern, replacement, line, count=1)
                if changed != line:
                    nth = [other for other in lines if lettered(other) == lettered(line)].index(line)
                    yield Mutant(core, module, lettered(line), lettered(changed, line), what, nth)


def main() -> None:
    count, seed = (int(text) for text in [*sys.argv[1:], "90", "1"][:2])
    rng = random.Random(seed)
    found = {core: list(candidates(core, rng)) for core in CORES}
    for mutants in found.values():
        rng.shuffle(mutants)
    chosen = [found[core].pop() for _ in range(count) for core in CORES if found[core]][:count]
    print(json.dumps([mutant._asdict() for mutant in chosen], indent=1))


if __name__ == "__main__":
    main()
