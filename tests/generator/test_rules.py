"""The rules of ``CoreConfig``: each reads no keys but its own, so that spaces can ask it by itself."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.rule import Rule
from generator.rules import RULES

VALUES: dict[str, list[Any]] = {
    "architecture": ["lut", "select", "multiplier"],
    "activation": ["int8", "fp16", "bf16"],
    "group_size": [1, 4, 5],
    "alphabet": ["ternary", "binary", "sparse_3_4"],
    "table_depth": [0, 2, 3],
    "symmetry": ["half", "full"],
    "table_store": ["registers", "memory", "port"],
    "table_banks": [2, 1],
    "subnormals": [True, False],
    "fetch": ["onehot", "tree"],
    "key_packing": ["none", "base3"],
    "tables": [1, 64],
    "max_reduction": [16, 1 << 24],
    "dataflow": ["output_stationary", "table_stationary"],
    "outputs": [None, 8],
    "datapath": [None, "native", "exact", "aligned"],
    "aligned_bits": [None, 12, 56],
    "reduction": ["tree", "carry_save", "chain"],
    "accumulation": [None, "fp16", "fp32", "bf16"],
    "weight_bits": [1, 3],
    "scale_group": [0, 6, 64],
    "scale": [None, "fp16", "int4"],
    "cores": [1, 2],
    "split": ["outputs", "inputs"],
    "pipeline.float_stages": [0, 9],
}


class Watched:
    """A core that says which keys are read of it; what is derived is computed on the watched keys too."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values, self.read = values, set[str]()

    def __getattr__(self, name: str) -> Any:
        if name == "pipeline":
            return WatchedPipeline(self)
        if name in CoreConfig.model_fields:
            self.read.add(name)
            return self.values[name]
        derived = getattr(CoreConfig, name)
        return (derived.fget if isinstance(derived, property) else derived.func)(self)


class WatchedPipeline:
    """Its table of registers."""

    def __init__(self, core: Watched) -> None:
        self.core = core

    def __getattr__(self, name: str) -> Any:
        self.core.read.add(f"pipeline.{name}")
        return self.core.values[f"pipeline.{name}"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__.strip("_"))
def test_a_rule_reads_its_keys_and_no_others(rule: Rule) -> None:
    read, refused = set[str](), 0
    names = sorted({*rule.keys} | {"activation", "tables", "symmetric"})
    defaults = {name: field.get_default() for name, field in CoreConfig.model_fields.items()}
    for values in itertools.product(*(VALUES.get(name, [False]) for name in names)):
        core = Watched(defaults | {"tables": 1, "columns": 1} | dict(zip(names, values, strict=True)))
        try:
            rule.check(core)  # type: ignore[arg-type]
        except ConfigError:
            refused += 1
        read |= core.read
    assert refused
    # An integer's promise is no part of any rule; it comes with the format.
    assert read - {"symmetric"} == set(rule.keys)
