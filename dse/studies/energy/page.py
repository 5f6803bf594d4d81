"""What is found of the claims about energy, as a page."""

from __future__ import annotations

import pandas as pd
from scipy.stats import kendalltau

from dse.presentation.markdown import spaced, table
from dse.spec.memory import memories
from dse.studies.energy.cores import MACS, NUMBERS

MODEL_MACS, MODEL_WEIGHT_BITS = 2.08e9, 417e6 * 8
"""BitNet b1.58 2B4T: multiply-accumulates of a token's ternary layers, and bits of keys with 1.6 a weight."""


def ranking(cores: pd.DataFrame) -> list[str]:
    """(e) Whether the smallest core is the one that takes least."""
    rows = []
    for number in NUMBERS:
        some = cores[cores["number"] == number]
        tau = kendalltau(some["area_um2"], some["fj_per_mac"]).statistic
        small, least = (some.nsmallest(1, name).iloc[0] for name in ("area_um2", "fj_per_mac"))
        more = small["fj_per_mac"] / least["fj_per_mac"] - 1
        rows.append([number, f"{tau:.2f}", _named(small), _named(least), f"{more:.0%}"])
    head = [
        "numbers",
        "Kendall's τ of area and energy",
        "smallest",
        "takes least",
        "the smallest takes more by",
    ]
    tiles = cores.pivot_table(index=["number", "kind"], columns="cores", values="fj_per_mac", aggfunc="min")
    ratio = tiles[4] / tiles[1]
    return [
        "## (e) Ranking by energy against ranking by area", "",
        *table(head, rows), "",
        f"Four cores of a quarter of the columns take {ratio.min():.2f} to {ratio.max():.2f} times what "
        f"one of {MACS} takes: each has tables and registers of activations of its own. The model has no "
        "wires.", "",
    ]  # fmt: skip


def _named(row: pd.Series) -> str:
    more = ", pipelined" if row["pipelined"] else ""
    more += ", gated" if row["gated"] else ""
    return (
        f"{row['kind']}, {row['length']} long{more}: {row['area_um2']:,.0f} µm², {row['fj_per_mac']:.1f} fJ"
    )


def zeros(modelled: pd.DataFrame, measured: pd.DataFrame) -> list[str]:
    """(f) Energy against the share of zeros."""
    wide = modelled.pivot_table(index="kind", columns="zeros", values="fj_per_mac", sort=False)
    rows = [
        [str(kind), *(f"{value:.1f}" for value in row)]
        for kind, row in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    lines = [
        "## (f) Energy against the share of zeros", "",
        "fJ a multiply-accumulate of int8 cores, 24 activations by 16 columns, modelled:", "",
        *table(["weights that are zero", *(f"{share:.0%}" for share in wide.columns)], rows), "",
    ]  # fmt: skip
    if len(measured):
        rows = [
            [row["kind"], f"{row['zeros']:.0%}", f"{row['fj_per_mac']:.1f}", f"{row['modelled']:.1f}"]
            for row in measured.to_dict("records")
        ]
        head = ["core", "zeros", "fJ, at the gates", "fJ, modelled"]
        lines += ["Small cores, 12 activations long, at the gates:", "", *table(head, rows), ""]
    return lines


def floats(cores: pd.DataFrame, clock_mhz: float) -> list[str]:
    """(g) fp16 exact against native at one clock."""
    rows = [
        [
            row["number"],
            row["kind"],
            str(row["stages"]),
            f"{row['area_um2']:,.0f}",
            f"{row['fj_per_mac']:.1f}",
        ]
        for row in cores.to_dict("records")
    ]
    head = ["numbers", "core", "stages of float units", "µm²", "fJ a multiply-accumulate"]
    least = cores.groupby("number")["fj_per_mac"].min()
    says = ""
    if len(least) == 2:
        share = least["fp16 exact"] / least["fp16 native"]
        says = f"The best exact core takes {share:.2f} times what the best native one does."
    return [
        f"## (g) fp16 `exact` against `native`, both pipelined to {clock_mhz:g} MHz", "",
        *table(head, rows), "", *spaced(filter(None, [says])),
    ]  # fmt: skip


def token(cores: pd.DataFrame) -> list[str]:
    """(h) How much of a token's energy a core can save."""
    int8 = cores[cores["number"] == "int8"]["fj_per_mac"]
    best, worst = (1e-12 * MODEL_MACS * value for value in (int8.min(), int8.max()))
    rows = []
    for name, memory in memories().items():
        if memory.pj_per_bit is not None:
            moved = 1e-9 * MODEL_WEIGHT_BITS * memory.pj_per_bit
            rows.append(
                [name, f"{moved:.1f}", f"{best:.3f}", f"{best / (moved + best):.1%}",
                 f"{(worst - best) / (moved + worst):.1%}"]
            )  # fmt: skip
    head = ["memory", "weights, mJ", "best core, mJ", "its share", "what it saves of the worst"]
    return [
        "## (h) How much of a token's energy a core can save", "",
        "BitNet b1.58 2B4T, a token at a time: 2.08 G multiply-accumulates, 417 MB of weights.", "",
        *table(head, rows), "",
        "With weights on chip, or many tokens a pass, cores count: they are then all that is left.", "",
    ]  # fmt: skip


def markdown(
    technology: str, cores: pd.DataFrame, shares: pd.DataFrame, measured: pd.DataFrame,
    fp16: pd.DataFrame, clock_mhz: float,
) -> str:  # fmt: skip
    """The page."""
    lines = [
        "# Claims about energy", "",
        f"Cores of {MACS} multiply-accumulates a cycle in `{technology}`, of least area where no "
        "clock is named, modelled with BitNet's weights; made by `python -m dse.studies.energy`.", "",
        *ranking(cores), *zeros(shares, measured), *floats(fp16, clock_mhz), *token(cores),
    ]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"
