"""Cores and sessions for the regression: chosen corners, random cores, and what each has to go through."""

from __future__ import annotations

import random
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from generator.alphabets import code_of
from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.formats import FLOATS, Format, Integer
from generator.plan import plan_for
from sim.harness import Driver, Session, SimulationResult, Streams, simulate_sessions
from sim.layers import LayerData
from sim.reference import evaluate
from tests.floating.operands import nearest

UNIT = Fraction(1, 1 << 24)
"""A divisor of every value of fp16, fp8 e4m3 and fp8 e5m2."""
EXACT_FORMATS = ["fp16", "fp8_e4m3", "fp8_e5m2"]
SLOW_KEYS = Streams(0.1, 0.6, 0.1)
SLOW_ACTIVATIONS = Streams(0.6, 0.1, 0.1)
SLOW_TAKER = Streams(0.1, 0.1, 0.6)

_FROM_PORTS: dict[str, dict[str, Any]] = {
    "port-native-held": {
        "activation": "bf16",
        "dataflow": "table_stationary",
        "outputs": 11,
        "pipeline": {"fetch": True, "float_stages": 2},
    },
    "port-exact-inputs": {"activation": "fp8_e4m3", "datapath": "exact", "cores": 2, "split": "inputs"},
    "port-aligned": {
        "activation": "fp16",
        "datapath": "aligned",
        "aligned_bits": 8,
        "rows": 2,
        "cores": 2,
        "split": "inputs",
        "clock_gating": True,
        "pipeline": {"float_stages": 1},
    },
    "port-full-sparse": {"alphabet": "sparse_3_4", "group_size": 4, "symmetry": "full", "activation": "int4"},
    "port-planes": {"alphabet": "binary", "group_size": 3, "weight_bits": 2},
    "port-scaled": {"scale_group": 12, "fetch": "tree", "key_packing": "none"},
}
PORT_CORES = {
    name: {"table_store": "port", "group_size": 2, "tables": 3, **core} for name, core in _FROM_PORTS.items()
}
"""Cores whose tables come made on the stream of activations."""

SCALED_FLOATS: dict[str, dict[str, Any]] = {
    "fp8-mu3": {
        "activation": "fp8_e4m3",
        "datapath": "exact",
        "group_size": 3,
        "rows": 2,
        "pipeline": {"float_stages": 1},
    },
    "fp16-mu2": {"activation": "fp16", "datapath": "exact", "group_size": 2, "scale": "bf16"},
    "fp8-multiplier": {"activation": "fp8_e5m2", "datapath": "exact", "architecture": "multiplier"},
}
"""Cores of floats with scales of groups."""


def random_reduction(rng: random.Random, tables: int) -> str:
    """Carry-save three times in ten, a chain as often, where there are enough values."""
    draw = rng.random() if tables > 1 else 1.0
    return "carry_save" if draw < 0.3 else "chain" if draw < 0.6 and tables > 3 else "tree"


def random_config(seed: int) -> CoreConfig:
    """A small core from anywhere in the legal space."""
    rng = random.Random(seed)
    architecture = rng.choice(["lut", "lut", "lut", "lut", "select", "multiplier"])
    group_size = rng.choice([1, 2, 2, 3, 3, 4, 4, 5, 6]) if architecture == "lut" else 1
    tables = rng.randint(1, 2 if group_size > 4 else 7)
    columns = rng.randint(1, 2 if group_size > 4 else 5)
    dataflow = rng.choice(["output_stationary", "table_stationary"])
    return randomly_packed(
        rng,
        {
            "architecture": architecture,
            "activation": f"int{rng.choice([2, 3, 4, 8, 8, rng.randint(2, 16), 16])}",
            "symmetric": rng.random() < 0.4,
            "group_size": group_size,
            "tables": tables,
            "columns": columns,
            "rows": rng.choice([1, 1, 2, 3]),
            "max_reduction": rng.randint(tables * group_size, tables * group_size * 7),
            "dataflow": dataflow,
            **({"outputs": rng.randint(1, 6 * columns)} if dataflow == "table_stationary" else {}),
            "fetch": rng.choice(["onehot", "tree"]),
            "pipeline": {
                "table": rng.choice(["entries", "activations"]),
                "fetch": rng.random() < 0.5,
                "reduction_every": rng.choice([0, 1, 1, 2, 3]),
            },
            "reduction": random_reduction(rng, tables),
        },
    )


def randomly_packed(rng: random.Random, values: dict[str, Any]) -> CoreConfig:
    """The core of ``values``, about every other with packed keys where it may have them, or gated clocks,
    every third with another alphabet, of those that may be every third with full tables, two in five with
    tables in memories or from a port, and every other with scales of groups. Large tables would take long to
    fill."""
    core = randomly_coded(rng, values)
    small = core.group_size < 5
    if rng.random() < 1 / 3 and small:
        with suppress(ConfigError):
            core = CoreConfig.parse({**core.model_dump(), "symmetry": "full"})
    if rng.random() < 0.4 and small:
        store = {"table_store": "memory", "table_banks": rng.choice([1, 2])}
        held = {"dataflow": "table_stationary", "outputs": core.outputs or rng.randint(1, 6 * core.columns)}
        if rng.random() < 1 / 3:
            held, store = {}, {"table_store": "port"}
        with suppress(ConfigError):
            return CoreConfig.parse({**core.model_dump(), **held, **store})
    if core.alphabet == "binary" and rng.random() < 2 / 3:
        with suppress(ConfigError):
            core = CoreConfig.parse({**core.model_dump(), "weight_bits": rng.randint(2, 4)})
    return core if rng.random() < 1 / 2 else randomly_scaled(rng, core)


def randomly_scaled(rng: random.Random, core: CoreConfig) -> CoreConfig:
    """``core`` with scales of groups, where it may have them."""
    scaled = {
        "scale_group": rng.randint(core.tile_length, core.max_reduction),
        "scale": rng.choice(["fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "fp32", "int2", "int7"]),
    }
    for stages in (rng.choice([0, 1, 2, 4]), 0):
        pipeline = core.pipeline.model_dump() | {"float_stages": stages}
        with suppress(ConfigError):
            return CoreConfig.parse({**core.model_dump(), **scaled, "pipeline": pipeline})
    return core


def randomly_coded(rng: random.Random, values: dict[str, Any]) -> CoreConfig:
    """The core of ``values`` with gated clocks or not, and another code of keys or not."""
    packed = rng.random() < 0.5
    values = {**values, "clock_gating": rng.random() < 0.5}
    if rng.random() < 1 / 3:
        alphabet = rng.choice(["binary", "sparse_3_4"])
        sizes = {"group_size": 4} if alphabet == "sparse_3_4" else {}
        other = {**values, "alphabet": alphabet, **sizes, "table_depth": rng.choice([0, 3])}
        other["max_reduction"] = max(other["max_reduction"], other["tables"] * other["group_size"])
        for changed in (other, {**other, "table_depth": 0}):
            with suppress(ConfigError):
                return CoreConfig.parse(changed)
    core = CoreConfig.parse(values)
    if packed:
        with suppress(ConfigError):
            return CoreConfig.parse({**values, "key_packing": "base3"})
    return core


def random_float_config(seed: int) -> CoreConfig:
    """A small floating-point core from anywhere in the legal space."""
    rng = random.Random(seed)
    datapath = rng.choice(["native", "exact", "aligned"])
    activation = rng.choice(EXACT_FORMATS if datapath == "exact" else list(FLOATS))
    architecture = rng.choice(["lut", "lut", "select", "multiplier"])
    group_size = rng.choice([1, 2, 2, 3, 3, 4]) if architecture == "lut" else 1
    tables, columns = rng.randint(1, 2 if group_size > 3 else 5), rng.randint(1, 3)
    dataflow = rng.choice(["output_stationary", "table_stationary"])
    aligned = {"aligned_bits": rng.randint(3, 40), "rounding": rng.choice(["nearest", "truncate"])}
    return randomly_packed(
        rng,
        {
            "architecture": architecture,
            "activation": activation,
            "datapath": datapath,
            **(aligned if datapath == "aligned" else {}),
            **({"accumulation": rng.choice([activation, "fp32"])} if datapath != "exact" else {}),
            "group_size": group_size,
            "tables": tables,
            "columns": columns,
            "rows": rng.choice([1, 1, 2]),
            "max_reduction": rng.randint(tables * group_size, tables * group_size * 7),
            "dataflow": dataflow,
            **({"outputs": rng.randint(1, 4 * columns)} if dataflow == "table_stationary" else {}),
            "fetch": rng.choice(["onehot", "tree"]),
            "pipeline": {
                "table": rng.choice(["entries", "activations"]),
                "fetch": rng.random() < 0.5,
                "reduction_every": rng.choice([0, 1, 2]),
                "float_stages": rng.choice([0, 0, 1, 2, 3, 5]),
            },
            "reduction": rng.choice(["tree", "carry_save"])
            if tables > 1 and datapath != "native"
            else "tree",
        },
    )


def layers_for(config: CoreConfig, seed: int) -> list[LayerData]:
    """Layers of odd shapes for ``config``: one tile, edge tiles, exact tiles, several tokens, N_max."""
    rng = random.Random(seed)
    plan = plan_for(config)
    n, longest = min(plan.tile_length, config.max_reduction), config.max_reduction
    most = plan.most_outputs or 6 * plan.columns
    shapes = [
        (rng.randint(1, n), rng.randint(1, min(plan.columns, most)), 1),
        (rng.randint(1, longest), rng.randint(1, most), 2 * config.rows + 1),
        (min(longest, 2 * n), min(most, plan.columns), config.rows),
        (rng.randint(1, longest), most, 1),
    ]
    layers = [LayerData.random(config, *shape, seed=rng.getrandbits(32)) for shape in shapes]
    return [*layers, extreme_layer(config)]


def extreme_layer(config: CoreConfig) -> LayerData:
    """N_max activations at one end of the format under weights of one sign: the largest sums there are."""
    number = config.format
    ends = np.array([[number.minimum], [number.maximum]])
    outputs = min(4, config.outputs or 4)
    signs = np.array([[1], [-1], [1], [-1]], dtype=np.int8)[:outputs]
    scale, scales = config.scale_format, None
    if scale is not None:
        scales = np.full((outputs, -(-config.max_reduction // config.scale_group)), scale.maximum)
    group = code_of(config.alphabet, config.group_size).most_taken
    weights = signs * np.resize(np.array(group, dtype=np.int8), config.max_reduction)
    weights *= np.int8((1 << config.weight_bits) - 1)
    return LayerData(np.repeat(ends, config.max_reduction, axis=1), weights, scales)


def sessions_for(config: CoreConfig, seed: int) -> list[Session]:
    """Full rate, every stream slow in turn, late starts, and a reset in the middle of the work."""
    layers = layers_for(config, seed)
    return [
        Session(layers),
        Session(layers[1:3], stalls=SLOW_KEYS, seed=seed, stop_after=1),
        Session(layers[:3], stalls=SLOW_KEYS, seed=seed + 1),
        Session(layers[1:4], stalls=SLOW_ACTIVATIONS, seed=seed + 2),
        Session(layers[:4], stalls=SLOW_TAKER, seed=seed + 3),
        Session(layers[2:0:-1], delays=Streams(activation=7), seed=seed + 4),
        Session(layers[1:3], delays=Streams(key=5, result=20), seed=seed + 5),
    ]


def truth(config: CoreConfig, layer: LayerData) -> Any:
    """What a layer's results must be.

    Of integers numpy's matrix product, of groups with scales numpy's products and sums of these, of
    ``exact`` the rounded sum of exact fractions, of other datapaths what the reference says, which tests of
    its own hold against the truth.
    """
    if config.scale_group:
        scaled = sums_of_scaled_groups if isinstance(config.format, Integer) else sums_of_scaled_floats
        return scaled(config, layer)
    if isinstance(config.format, Integer):
        return layer.activations @ layer.weights.T.astype(np.int64)
    if config.datapath != "exact":
        return evaluate(plan_for(config), layer.activations, layer.weights)
    return exactly_rounded(config.format, layer)


def sums_of_scaled_groups(config: CoreConfig, layer: LayerData) -> Any:
    """Σ over groups of scale · (x · wᵀ): integers, or bits of float32 rounded as numpy does, NaN as one."""
    x, w, size = layer.activations, layer.weights.astype(np.int64), config.scale_group
    assert layer.scales is not None
    total: Any = np.zeros(
        (len(x), len(w)), np.int64 if isinstance(config.scale_format, Integer) else np.float32
    )
    with np.errstate(all="ignore"):
        for group, first in enumerate(range(0, layer.length, size)):
            sums = x[:, first : first + size] @ w[:, first : first + size].T
            scaled = sums * layer.scales[:, group].astype(np.float64)
            total = total + scaled.astype(total.dtype)
    if total.dtype == np.int64:
        return total
    return np.where(np.isnan(total), FLOATS["fp32"].canonical_nan, total.view(np.uint32)).astype(np.int64)


def sums_of_scaled_floats(config: CoreConfig, layer: LayerData) -> Any:
    """The same of floats: each exact sum times its scale, a fraction, rounded to the nearest float32 and
    added; NaN where an infinity or a NaN is selected."""
    values, fp32 = layer.activations.astype(np.float64), FLOATS["fp32"]
    finite, size = np.isfinite(values), config.scale_group
    units = np.vectorize(lambda value: int(Fraction(value) / UNIT), otypes=[object])(
        np.where(finite, values, 0.0)
    )
    assert layer.scales is not None

    def product(total: int, scale: float) -> float:
        if not np.isfinite(scale):
            return float(np.float64(total) * scale)
        return float(np.uint32(nearest(fp32, total * UNIT * Fraction(scale))).view(np.float32))

    total = np.zeros((len(values), layer.outputs), np.float32)
    with np.errstate(all="ignore"):
        for group, first in enumerate(range(0, layer.length, size)):
            sums = units[:, first : first + size] @ layer.weights[:, first : first + size].T.astype(object)
            scales = layer.scales[:, group].astype(np.float64)
            total = total + np.vectorize(product, otypes=[np.float32])(sums, scales)
    invalid = (~finite).astype(int) @ abs(layer.weights.T.astype(int)) > 0
    lost = np.isnan(total) | invalid
    return np.where(lost, fp32.canonical_nan, total.view(np.uint32)).astype(np.int64)


def exactly_rounded(fmt: Format, layer: LayerData) -> Any:
    """Bits of the float nearest to each exact sum; where a special activation is selected NaN and, above
    it, ``invalid``."""
    values = layer.activations.astype(np.float64)
    finite = np.isfinite(values)
    units = np.vectorize(lambda value: int(Fraction(value) / UNIT), otypes=[object])
    sums = units(np.where(finite, values, 0.0)) @ layer.weights.T.astype(object)
    round_sum = np.vectorize(lambda total: nearest(fmt, total * UNIT), otypes=[np.int64])
    invalid = (~finite).astype(int) @ abs(layer.weights.T.astype(int)) > 0
    return np.where(invalid, fmt.canonical_nan | 1 << fmt.bits, round_sum(sums))


def assert_bit_exact(config: CoreConfig, driver: Driver, seed: int, reproduce: str) -> SimulationResult:
    """Run the sessions of ``seed`` on ``config`` and hold them against the ``truth`` of each layer."""
    sessions = sessions_for(config, seed)
    known = {id(layer): truth(config, layer) for session in sessions for layer in session.layers}
    expected: list[list[Any]] = [[known[id(layer)] for layer in session.layers] for session in sessions]
    result = simulate_sessions(config, sessions, driver=driver, expected=expected)
    if not result.passed:
        pytest.fail(
            "\n".join([*result.failures, "", config.to_toml(), f"reproduce: {reproduce}"]), pytrace=False
        )
    assert result.latency == plan_for(config).latency_cycles
    assert result.results >= sum(truth.size for truth in expected[0])
    return result
