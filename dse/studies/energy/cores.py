"""The cores that claims about energy are about, and what they cost and take, modelled and at the gates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pandas as pd

from costmodel.flow.synthesis import SynthesisError
from costmodel.power.errors import PowerError
from costmodel.price.activity import BITNET
from costmodel.price.estimate import estimate
from costmodel.price.technology import Technology
from dse.measuring.energy import measured_energy
from dse.measuring.workload import statistics_of, typical_layer
from generator.config import CoreConfig
from generator.errors import ConfigError

MACS = 384
"""Multiply-accumulates of a step."""
LENGTHS = (24, 48, 96)
NUMBERS: dict[str, dict[str, Any]] = {
    "int4": {"activation": "int4"},
    "int8": {"activation": "int8"},
    "fp16 exact": {"activation": "fp16", "datapath": "exact"},
    "fp16 native": {"activation": "fp16", "datapath": "native"},
}
KINDS: dict[str, dict[str, Any]] = {
    "select": {"architecture": "select"},
    "µ = 2": {"group_size": 2},
    "µ = 3": {"group_size": 3},
    "µ = 4": {"group_size": 4},
    "multiplier": {"architecture": "multiplier"},
}
ZEROS = (0.2, BITNET.zero_weights, 0.6)
CYCLES = 32


def core(number: str, kind: str, length: int, macs: int = MACS, **keys: Any) -> CoreConfig:
    """A core of ``length`` activations and ``macs`` multiply-accumulates a step."""
    shape = {"tables": length // KINDS[kind].get("group_size", 1), "columns": macs // length}
    return CoreConfig.parse({**NUMBERS[number], **KINDS[kind], **shape, "max_reduction": 8192, **keys})


def variants() -> Iterator[tuple[str, str, int, bool, bool, int, CoreConfig]]:
    """All formats, kinds, lengths, pipelining, gating, and one core or four of a quarter of the columns."""
    for number, kind, length, piped, gated, cores in product(
        NUMBERS, KINDS, LENGTHS, (False, True), (False, True), (1, 4)
    ):
        pipeline = {"fetch": piped, "reduction_every": 2 if piped else 0}
        keys = {"pipeline": pipeline, "clock_gating": gated, "cores": cores}
        try:
            config = core(number, kind, length, MACS // cores, **keys)
        except ConfigError:
            continue
        yield number, kind, length, piped, gated, cores, config


def modelled(technology: Technology) -> pd.DataFrame:
    """Least area and energy of all variants, a row each."""
    rows = []
    for number, kind, length, piped, gated, cores, config in variants():
        costs = estimate(config, technology)
        assert costs.energy is not None
        rows.append(
            {
                "number": number, "kind": kind, "length": length, "pipelined": piped, "gated": gated,
                "cores": cores, "area_um2": costs.cost, "fj_per_mac": costs.energy.fj_per_mac,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def by_zeros(technology: Technology) -> pd.DataFrame:
    """fJ a multiply-accumulate of int8 cores by the share of zeros of their weights."""
    rows = []
    for kind, zeros in product(KINDS, ZEROS):
        data = BITNET.model_copy(update={"zero_weights": zeros})
        energy = estimate(core("int8", kind, 24), technology, data=data).energy
        assert energy is not None
        rows.append({"kind": kind, "zeros": zeros, "fj_per_mac": energy.fj_per_mac})
    return pd.DataFrame(rows)


def at_clock(technology: Technology, clock_mhz: float) -> pd.DataFrame:
    """fp16 cores that reach a clock, each with the stages with which it takes least, sized for it."""
    rows = []
    for number, kind, stages in product(("fp16 exact", "fp16 native"), KINDS, range(5)):
        pipeline = {"fetch": True, "reduction_every": 1, "float_stages": stages}
        try:
            config = core(number, kind, 24, pipeline=pipeline)
        except ConfigError:
            continue
        costs = estimate(config, technology, clock_mhz=clock_mhz)
        if costs.max_clock_mhz >= clock_mhz and costs.energy is not None:
            rows.append(
                {
                    "number": number, "kind": kind, "stages": stages, "area_um2": costs.cost,
                    "fj_per_mac": costs.energy.fj_per_mac,
                }
            )  # fmt: skip
    frame = pd.DataFrame(rows, columns=["number", "kind", "stages", "area_um2", "fj_per_mac"])
    return frame.loc[frame.groupby(["number", "kind"], sort=False)["fj_per_mac"].idxmin()]


def measured(
    technology: Technology, kinds: Sequence[str], macs: int, have: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    """Small int8 cores of some kinds at the gates, with weights of each share of zeros, beside the model.

    Those that ``have`` has are left out.
    """
    seen = set(zip(have.get("kind", []), have.get("macs", []), have.get("zeros", []), strict=True))
    for kind, zeros in product(kinds, ZEROS):
        if (kind, macs, zeros) in seen:
            continue
        config = core("int8", kind, 12, macs)
        data = statistics_of(config, zeros, CYCLES)
        layer = typical_layer(config, 0, zeros)
        try:
            energy = measured_energy(config, technology.name, layer=layer, cycles=CYCLES).timed
        except (PowerError, SynthesisError):
            continue
        expected = estimate(config, technology, data=data).energy
        assert expected is not None
        taken = energy.total_fj - energy.of_kind("leakage")
        yield {
            "kind": kind, "macs": macs, "zeros": zeros, "fj_per_mac": taken / macs,
            "modelled": expected.fj_per_mac,
        }  # fmt: skip
