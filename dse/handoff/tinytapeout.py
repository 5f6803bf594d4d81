"""A small core as a project of Tiny Tapeout: behind its 8-bit pins, with a test that goes through them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costmodel.price.components import Bill, register
from costmodel.price.estimate import sized_costs
from costmodel.price.technology import load_technology
from dse.handoff.templates import text_of
from dse.handoff.vectors import RECIPES, golden
from generator.config import CoreConfig
from generator.directory import write_directory
from generator.errors import ConfigError
from generator.verilog import Emission

PROJECT = "tinytapeout"
"""What ``--target`` calls it."""
UTILISATION = 0.6
"""Share of the area that cells fill, which its flow begins with."""
CLOCK_MHZ = 50.0
CASES = ("one_tile", "tiles", "tokens", "edges")
"""The golden layers that go through the pins; a byte a cycle, others would take long."""
CASE_BYTES = 3000


@dataclass(frozen=True)
class Tiles:
    """The tiles of a process: the technology that prices cores in it, and the size of each block (µm)."""

    technology: str
    blocks: Mapping[str, tuple[float, float]]

    def fitting(self, area_um2: float) -> str | None:
        """The smallest block that cells of ``area_um2`` fit into; None if there is none."""
        return next((name for name, (x, y) in self.blocks.items() if area_um2 <= UTILISATION * x * y), None)


SKY130 = Tiles(
    "sky130hd",
    {
        "1x1": (161.00, 111.52),
        "1x2": (161.00, 225.76),
        "2x2": (334.88, 225.76),
        "3x2": (508.76, 225.76),
        "4x2": (682.64, 225.76),
        "6x2": (1030.40, 225.76),
        "8x2": (1378.16, 225.76),
    },
)
SG13G2 = Tiles(
    "sg13g2",
    {
        "1x1": (202.08, 154.98),
        "1x2": (202.08, 313.74),
        "2x2": (419.52, 313.74),
        "3x2": (636.96, 313.74),
        "4x2": (854.40, 313.74),
        "6x2": (1289.28, 313.74),
        "8x2": (1724.16, 313.74),
    },
)


@dataclass(frozen=True)
class Pins:
    """Bytes of a beat of each stream and of the counts, and bits of each count."""

    activation: int
    key: int
    result: int
    n_tiles: int
    m_tiles: int

    @classmethod
    def of(cls, emission: Emission) -> Pins:
        ports = emission.manifest(None)["ports"]
        streams = ("s_axis_activation", "s_axis_key", "m_axis_result")
        activation, key, result = (ports[f"{stream}_tdata"]["width"] // 8 for stream in streams)
        return cls(activation, key, result, ports["n_tiles"]["width"], ports["m_tiles"]["width"])

    @property
    def counts(self) -> tuple[int, int]:
        """Bytes of the counts of tiles along N and along M."""
        return -(-self.n_tiles // 8), -(-self.m_tiles // 8)

    @property
    def bill(self) -> Bill:
        """What is between the pins and the core: registers that shift, and counters of their bytes."""
        bits = 8 * (self.activation + self.key + self.result + sum(self.counts))
        beats = (self.activation, self.key, self.result)
        counters = sum(most.bit_length() for most in beats)
        return register(bits, holds=True) + Bill.of(register=counters, count=counters, choice=8 * self.result)


def project_name(emission: Emission) -> str:
    """The name of the project's top module."""
    return f"tt_um_{emission.top}"


def generate_project(emission: Emission, directory: Path, clock_mhz: float | None = None) -> list[Path]:
    """Writes a core's project into ``directory``, for ``CLOCK_MHZ`` unless a clock is stated; the paths.

    Raises ``ConfigError`` where the core has no streams, or is too large for the largest block of tiles, and
    ``OutputError`` as ``write_directory`` does.
    """
    config, clock = emission.config, clock_mhz or CLOCK_MHZ
    if config.wrapper != "stream":
        raise ConfigError(f"wrapper = {config.wrapper!r} with --target {PROJECT}: 'stream' is expected")
    texts = project_files(emission, clock, blocks_of(config, Pins.of(emission)))
    return write_directory(directory, emission.manifest(clock), texts)


def blocks_of(config: CoreConfig, pins: Pins) -> dict[str, str]:
    """By technology the block of tiles that a core and its pins fit into.

    Raises ``ConfigError`` where none is large enough in sky130, where Tiny Tapeout began.
    """
    blocks, areas = {}, {}
    for tiles in (SKY130, SG13G2):
        technology = load_technology(tiles.technology)
        cost = technology.cost_at("relaxed")
        areas[tiles.technology] = sized_costs(config, technology)["relaxed"] + pins.bill.price(
            cost.coefficients
        )
        blocks[tiles.technology] = tiles.fitting(areas[tiles.technology]) or ""
    if not blocks[SKY130.technology]:
        area, tile = areas[SKY130.technology], SKY130.blocks["8x2"]
        count = 16 * area / (UTILISATION * tile[0] * tile[1])
        raise ConfigError(
            f"--target {PROJECT}: {area:,.0f} µm² in sky130 are {count:.0f} tiles with {UTILISATION:.0%} of "
            "them filled, 16 are the most: fewer columns or tables are expected"
        )
    return blocks


def project_files(emission: Emission, clock_mhz: float, blocks: Mapping[str, str]) -> dict[str, str]:
    """Path → text of a project."""
    top, plan, pins = emission.top, emission.plan, Pins.of(emission)
    name, config = project_name(emission), emission.config
    beats = {"ACTIVATION": pins.activation, "KEY": pins.key, "RESULT": pins.result}
    named = {key: str(value) for key, value in beats.items()}
    sources = ["project.v", *(f"{module}.v" for module in emission.modules)]
    largest = max(beats.values()).bit_length()
    kind = f"{config.architecture}, {config.activation}, {plan.tile_length} × {plan.columns}"
    return {
        "info.yaml": text_of(
            "tinytapeout/info.yaml",
            NAME=name,
            TITLE=kind,
            DESCRIPTION=f"{config.macs_per_cycle} ternary multiply-accumulates a step, made by Ternlut",
            CLOCK_HZ=f"{1e6 * clock_mhz:.0f}",
            UTILISATION=f"{100 * UTILISATION:.0f}",
            TILES=blocks[SKY130.technology],
            TILES_SKY=blocks[SKY130.technology],
            TILES_IHP=blocks[SG13G2.technology] or "too large",
            SOURCES="\n".join(f'    - "{source}"' for source in sources),
        ),
        "src/project.v": text_of(
            "tinytapeout/project.v",
            TOP=top,
            NAME=name,
            BITS=str(largest),
            COUNTS=str(sum(pins.counts)),
            NTILES=str(pins.n_tiles),
            MTILES=str(pins.m_tiles),
            NBYTES=str(pins.counts[0]),
            **named,
        ),
        **{f"src/{module}.v": text for module, text in emission.modules.items()},
        "docs/info.md": text_of(
            "tinytapeout/info.md",
            TOP=top,
            ACTIVATIONS=config.activation,
            MACS=str(config.macs_per_cycle),
            COUNTS=str(sum(pins.counts)),
            **named,
        ),
        "test/Makefile": text_of("tinytapeout/Makefile", SOURCES=" ".join(sources)),
        "test/tb.v": text_of("tinytapeout/tb.v", NAME=name),
        "test/test.py": text_of("tinytapeout/test.py"),
        "test/requirements.txt": "cocotb>=2.0.1\n",
        "test/vectors.json": vectors(emission, pins),
    }


def vectors(emission: Emission, pins: Pins) -> str:
    """The golden layers as JSON: bytes in the order in which they go through the pins."""
    cases: list[dict[str, Any]] = []
    for seed, recipe in enumerate(RECIPES):
        if recipe.name not in CASES:
            continue
        case = golden(emission.plan, recipe, seed)
        activations = case.beats.activation_beats[case.beats.activation_order]
        keys = case.beats.key_beats[case.beats.key_order]
        if cases and activations.size + keys.size > CASE_BYTES:
            continue
        tiles = zip((case.tiling.n_tiles, case.tiling.m_tiles), pins.counts, strict=True)
        beats = [beat for beat, last in enumerate(case.beats.last) if last]
        mask = bytes([255]) * case.results.size if case.mask is None else case.mask.tobytes()
        cases.append(
            {
                "name": recipe.name,
                "about": recipe.about,
                "counts": b"".join(count.to_bytes(size, "little") for count, size in tiles).hex(),
                "activations": activations.tobytes().hex(),
                "keys": keys.tobytes().hex(),
                "results": case.results.tobytes().hex(),
                "mask": mask.hex(),
                "last": [beat * pins.result + byte for beat in beats for byte in range(pins.result)],
            }
        )
    return json.dumps(cases, indent=1) + "\n"
