"""Proofs of tables: that a key brings the naive sum, and what Yosys' solver says of it."""

from __future__ import annotations

from pathlib import Path

from pyosys import libyosys as yosys

from generator.plan import CorePlan
from generator.verilog import quiet
from tests.generator.test_equivalence import weights_by_key


def sums_by_key(plan: CorePlan, when: str, wrong: str = "") -> list[str]:
    """Verilog of ``ok``: 0 where, ``when`` so, ``value`` is not the sum of what ``key`` names of the ``x``.

    What is ``wrong`` is added to each sum that is expected.
    """
    lines = [
        f"  reg signed [{plan.leaf_width + 1}:0] sum;",
        "  reg known;",
        "  always @* begin known = 1; sum = 0; case (key)",
    ]
    for key, weights in weights_by_key(plan).items():
        terms = [f"{'+' if w > 0 else '-'} x{i}" for i, w in enumerate(weights) if w]
        lines.append(f"    {plan.key_width}'d{key}: sum = {' '.join(terms)}{wrong};")
    if plan.code.first_index:
        lines.append(f"    {plan.key_width}'d0: sum = 0;")
    sign = f"$signed({{1'b0, key[{plan.key_width - 1}]}})" if plan.signed_keys else "0"
    return [
        *lines,
        "    default: known = 0; endcase end",
        f"  assign ok = !({when}) || !known || value + {sign} == sum;",
    ]


def verdict(verilog: str, cycles: int, folder: Path) -> str:
    """What Yosys' solver says of ``ok`` of the module ``bench`` after so many cycles."""
    (folder / "bench.v").write_text(verilog)
    design = yosys.Design()
    with quiet():
        for command in (
            f"read_verilog {folder}/bench.v",
            "hierarchy -check -top bench",
            *("proc", "flatten", "memory", "opt", "simplemap t:$dffe"),
            f"tee -o {folder}/verdict.txt sat -seq {cycles + 1} -set-init cycle 0 -prove-skip {cycles} "
            "-prove ok 1 bench",
        ):
            yosys.run_pass(command, design)
    return (folder / "verdict.txt").read_text()
