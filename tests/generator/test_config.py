"""Reading a core's parameters: what is allowed, and the one line for what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.config import CoreConfig
from generator.errors import ConfigError

GOOD: dict[str, Any] = {"tables": 8, "columns": 16, "group_size": 3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colums": 4}, "unknown key 'colums': did you mean 'columns'?"),
        (
            {"pipeline": {"fetsh": True}},
            "unknown key 'pipeline.fetsh': did you mean 'fetch'?",
        ),
        ({"tables": "8"}, "tables = '8': a valid integer is expected"),
        ({"tables": 8.5}, "tables = 8.5: a valid integer is expected"),
        ({"group_size": 0}, "group_size = 0: greater than or equal to 1 is expected"),
        ({"group_size": 7}, "group_size = 7: less than or equal to 6 is expected"),
        ({"columns": 0}, "columns = 0: greater than or equal to 1 is expected"),
        (
            {"architecture": "systolic"},
            "architecture = 'systolic': 'lut', 'select' or 'multiplier' is expected",
        ),
        ({"architecture": "select"}, "group_size = 3 with architecture = 'select'"),
        ({"activation": "int17"}, "activation = 'int17' is not a number format"),
        ({"activation": "int1"}, "activation = 'int1' is not a number format"),
        ({"max_reduction": 20}, "tables = 8: a tile of 24 activations is longer than max_reduction = 20"),
        ({"datapath": "exact"}, "datapath = 'exact' with activation = 'int8': it is for floating point"),
        ({"aligned_bits": 8}, "aligned_bits = 8 with activation = 'int8': it is for floating point"),
        ({"activation": "fp16", "datapath": "aligned"}, "aligned_bits is missing"),
        ({"activation": "fp16", "datapath": "aligned", "aligned_bits": 2}, "greater than or equal to 3"),
        (
            {"activation": "fp16", "datapath": "exact", "aligned_bits": 20},
            "aligned_bits = 20 is for another datapath than 'exact'",
        ),
        (
            {"activation": "fp16", "datapath": "aligned", "aligned_bits": 20, "accumulation": "bf16"},
            "accumulation = 'bf16' with activation = 'fp16': 'fp16' or 'fp32' is allowed",
        ),
        (
            {"activation": "fp16", "datapath": "aligned", "aligned_bits": 56, "tables": 64},
            "aligned_bits = 56 with a tile of 192 activations",
        ),
        ({"activation": "fp16", "datapath": "precise"}, "datapath = 'precise'"),
        ({"activation": "bf16", "datapath": "exact"}, "datapath = 'exact' with activation = 'bf16'"),
        ({"activation": "fp32", "datapath": "exact"}, "fp16, fp8_e4m3 and fp8_e5m2 are allowed"),
        (
            {"activation": "fp16", "datapath": "exact", "max_reduction": 1 << 23},
            "sums must fit 63 bits, which 4196353 fp16 activations do",
        ),
        (
            {"pipeline": {"float_stages": 2}},
            "pipeline.float_stages = 2 with activation = 'int8': it is for floating point",
        ),
        (
            {"activation": "fp16", "aligned_bits": 20},
            "aligned_bits = 20 is for another datapath than 'native'",
        ),
        ({"activation": "fp16", "datapath": "exact", "symmetric": True}, "symmetric = True with activation"),
        ({"dataflow": "table_stationary"}, "outputs is missing"),
        ({"outputs": 64}, "outputs = 64 is for dataflow = 'table_stationary'"),
        ({"pipeline": {"fetch": 1}}, "pipeline.fetch = 1: a valid boolean is expected"),
        ({"pipeline": {"reduction_every": -1}}, "pipeline.reduction_every = -1: greater than or equal to 0"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CoreConfig.parse(GOOD | change, "core.toml")
    text = str(caught.value)
    assert text.startswith("core.toml: ")
    assert message in text
    assert "\n" not in text


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^core: tables is missing$"):
        CoreConfig.parse({"columns": 4})


def test_a_file_with_overrides_is_the_core_they_describe(tmp_path: Path) -> None:
    path = tmp_path / "core.toml"
    path.write_text("tables = 4\ncolumns = 2\n[pipeline]\nreduction_every = 2\n")
    core = CoreConfig.load(path, ["columns=8", "pipeline.fetch=true", "activation=int4", 'fetch = "tree"'])
    assert (core.tables, core.columns, core.activation, core.fetch) == (4, 8, "int4", "tree")
    assert (core.pipeline.fetch, core.pipeline.reduction_every) == (True, 2)


@pytest.mark.parametrize(
    ("content", "overrides", "message"),
    [
        (b"tables = ", [], "not TOML"),
        (b"\xff\xfe\x00", [], "not a text file"),
        (b"tables = 1\ncolumns = 1", ["columns"], "key=value is expected"),
        (b"tables = 1\ncolumns = 1", ["tables.x=1"], "tables is not a table"),
    ],
)
def test_unreadable_files_and_overrides(
    content: bytes, overrides: list[str], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "core.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        CoreConfig.load(path, overrides)
    with pytest.raises(ConfigError, match="No such file"):
        CoreConfig.load(tmp_path / "absent.toml")


def test_the_core_file_of_the_contract_is_read(tmp_path: Path) -> None:
    path = tmp_path / "core.toml"
    path.write_text(
        'architecture = "lut"\nactivation = "int8"\ngroup_size = 3\ntables = 8\ncolumns = 16\nrows = 1\n'
        'max_reduction = 8192\ndataflow = "output_stationary"\nfetch = "onehot"\ndatapath = "native"\n'
        "[pipeline]\nfetch = true\nreduction_every = 2\n"
    )
    assert CoreConfig.load(path).pipeline.reduction_every == 2


def test_a_core_written_as_toml_reads_back_as_itself(tmp_path: Path) -> None:
    core = CoreConfig.parse(
        {"tables": 3, "columns": 5, "dataflow": "table_stationary", "outputs": 40, "symmetric": True}
    )
    path = tmp_path / "core.toml"
    path.write_text(core.to_toml())
    assert CoreConfig.load(path) == core
    assert CoreConfig.load(path).digest == core.digest


def test_floats_are_native_unless_told_otherwise() -> None:
    core = CoreConfig.parse(GOOD | {"activation": "bf16"})
    assert (core.datapath, core.accumulation) == ("native", "bf16")
    aligned = CoreConfig.parse(GOOD | {"activation": "bf16", "datapath": "aligned", "aligned_bits": 16})
    assert (aligned.rounding, aligned.accumulation) == ("nearest", "bf16")
    assert CoreConfig.parse(aligned.model_dump(mode="json")) == aligned
