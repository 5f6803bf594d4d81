"""The parts of Amaranth that are not public: still there, meaning the same, and used in one file alone."""

from __future__ import annotations

import ast
import gc
import warnings
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Cat, Elaboratable, Module, Signal, UnusedElaboratable

import generator
from generator.amaranth_adapter import MOST_INPUT_BITS, mark_used, parts_of, slice_of
from generator.config import CoreConfig
from generator.verilog import emit

ADAPTER = "amaranth_adapter.py"


class Nothing(Elaboratable):  # type: ignore[misc]
    def elaborate(self, platform: object) -> Module:
        return Module()


def forget(mark: bool) -> None:
    """Makes an elaboratable that nothing elaborates, and drops it."""
    unused = Nothing()
    if mark:
        mark_used(unused)
    del unused
    gc.collect()


def test_what_is_marked_as_used_is_not_warned_about() -> None:
    copied(1)  # Amaranth is silent until something is elaborated.
    with pytest.warns(UnusedElaboratable):
        forget(mark=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forget(mark=True)


def test_slices_and_concatenations_are_taken_apart() -> None:
    a, b = Signal(5), Signal(9)
    joined = Cat(a, b)
    parts = parts_of(joined)
    assert parts is not None
    assert len(parts) == 2
    assert parts[0] is a
    assert parts[1] is b
    sliced = slice_of(joined[3:11])
    assert sliced is not None
    assert sliced[0] is joined
    assert sliced[1] == 3
    assert slice_of(a) is slice_of(joined) is None
    assert parts_of(a) is parts_of(b[2:4]) is None


def copied(bits: int) -> str:
    """The RTLIL of a module with ``bits`` bits of inputs."""
    m = Module()
    inputs, output = Signal(bits), Signal()
    m.d.comb += output.eq(inputs[-1])
    return str(rtlil.convert(m, name="copied", ports=[inputs, output], emit_src=False))


def test_amaranth_takes_as_many_input_bits_as_we_give_it() -> None:
    assert f"width {MOST_INPUT_BITS} " in copied(MOST_INPUT_BITS)
    with pytest.raises(AssertionError):
        copied((1 << 16) + 1)


@pytest.mark.parametrize("architecture", ["lut", "multiplier"])
def test_emission_uses_nothing_that_is_deprecated(architecture: str) -> None:
    core = {"architecture": architecture, "activation": "fp16", "datapath": "aligned", "aligned_bits": 8}
    config = CoreConfig.parse({**core, "tables": 2, "columns": 2, "pipeline": {"float_stages": 2}})
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        emit(config)


def private_uses(source: str) -> list[str]:
    """Imports of Amaranth's private modules, its name-mangled attributes, and what version 0.6 removes."""
    uses = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(name)) | ast.alias(name=name):
                if name.startswith("amaranth.") and "._" in name:
                    uses.append(name)
            case ast.Attribute(attr=name) if name.startswith("_MustUse"):
                uses.append(name)
            case ast.keyword(arg="local"):
                uses.append("local=")
    return uses


def test_private_parts_are_used_by_the_adapter_alone() -> None:
    folder = Path(generator.__file__).parent
    uses = {file.name: private_uses(file.read_text(encoding="utf-8")) for file in folder.rglob("*.py")}
    assert uses.pop(ADAPTER) == ["amaranth.hdl._ast", "_MustUse__used"]
    assert not any(uses.values()), uses
