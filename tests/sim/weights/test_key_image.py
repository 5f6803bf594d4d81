"""Key images hold what the key stream carries, come back as they went, and are refused when damaged."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.config import CoreConfig
from generator.errors import KeyFileError, WorkloadError
from generator.files import OutputError
from generator.keys import random_weights
from generator.plan import plan_for
from sim.layers import LayerData, beats_of
from sim.weights.key_image import read_image, restore, write_image
from sim.weights.reading import check_alphabet
from sim.weights.tensors import Tensor, WeightFileError
from sim.weights.ternary import TernaryMatrix

MULTIPLIERS: list[dict[str, Any]] = [
    {"activation": "int5"},
    {"activation": "int8"},
    {"activation": "int11"},
    {"activation": "fp16"},
    {"activation": "fp32"},
    {"activation": "fp8_e4m3", "datapath": "exact"},
    {"activation": "fp16", "datapath": "aligned", "aligned_bits": 21},
    {"activation": "fp16", "datapath": "aligned", "aligned_bits": 44},
]
ARCHITECTURES = st.one_of(
    st.integers(1, 6).map(lambda size: {"group_size": size}),
    st.just({"architecture": "select"}),
    st.sampled_from([1, 2, 3, 4, 6]).map(lambda size: {"group_size": size, "key_packing": "base3"}),
    st.integers(1, 6).map(lambda size: {"group_size": size, "alphabet": "binary"}),
    st.sampled_from(["select", "multiplier"]).map(lambda each: {"architecture": each, "alphabet": "binary"}),
    st.just({"group_size": 4, "alphabet": "sparse_3_4"}),
    st.sampled_from(MULTIPLIERS).map(lambda chosen: {"architecture": "multiplier", **chosen}),
)
CONFIG = CoreConfig(group_size=3, tables=2, columns=3, max_reduction=64)


@st.composite
def cores(draw: Callable[..., Any]) -> CoreConfig:
    held: dict[str, Any] = {"dataflow": "table_stationary", "outputs": 40} if draw(st.booleans()) else {}
    size = {"tables": draw(st.integers(1, 5)), "columns": draw(st.integers(1, 5)), "max_reduction": 64}
    several = draw(st.sampled_from([{}, {"cores": 3}, {"cores": 2, "split": "inputs"}]))
    return CoreConfig(**draw(ARCHITECTURES), **held, **size, **several)


def matrix(outputs: int, length: int, seed: int = 0, core: CoreConfig = CONFIG) -> TernaryMatrix:
    shape = outputs, length
    weights = random_weights(np.random.default_rng(seed), core.alphabet, core.group_size, shape)
    return TernaryMatrix(weights, np.array(0.5), "absmean per tensor", exact=False)


@given(cores(), st.integers(1, 40), st.integers(1, 64), st.integers(0, 2**32), st.sampled_from([8, 1 << 19]))
@settings(deadline=None, max_examples=150)
def test_an_image_is_the_key_stream_and_gives_the_matrix_back(
    config: CoreConfig, outputs: int, length: int, seed: int, strip: int
) -> None:
    given_matrix = matrix(outputs, length, seed, config)
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.key_stream.STRIP_WEIGHTS", strip)
        directory = Path(scratch)
        manifest = write_image(config, given_matrix, directory)
        image = read_image(config, directory)
        np.testing.assert_array_equal(image.weights, given_matrix.weights)
        assert image.manifest == manifest
        beats = beats_of(
            plan_for(config), LayerData.of(np.zeros((1, length), dtype=int), given_matrix.weights)
        )
        stream = beats.key_beats[beats.key_order]
        octets = (directory / "keys.bin").read_bytes()
        assert octets == stream.tobytes()
        lines = (directory / "keys.hex").read_text().splitlines()
        assert b"".join(bytes.fromhex(line)[::-1] for line in lines) == octets
        codes = np.load(directory / "keys.npy")
        plan = plan_for(config)
        keys = (plan.columns, plan.tables)
        assert codes.shape == (len(stream), *(stream.shape[1:] if config.packs_keys else keys))
        for beat, row in zip(codes, stream, strict=True):
            packed = int.from_bytes(row.tobytes(), "little")
            width = manifest["key_bits"]
            for place, code in enumerate(beat.flat):
                assert packed >> (place * width) & ((1 << width) - 1) == code


@pytest.mark.parametrize("dataflow", [{}, {"dataflow": "table_stationary", "outputs": 9}])
def test_every_key_is_where_the_order_says(tmp_path: Path, dataflow: Any) -> None:
    config = CoreConfig(group_size=2, tables=2, columns=3, max_reduction=64, **dataflow)
    given_matrix = matrix(7, 9)
    manifest = write_image(config, given_matrix, tmp_path)
    codes = np.load(tmp_path / "keys.npy")
    assert (manifest["m_tiles"], manifest["n_tiles"], manifest["padded_shape"]) == (3, 3, [9, 12])
    for beat, held in enumerate(codes):
        outer, inner = divmod(beat, 3)
        m, n = (inner, outer) if dataflow else (outer, inner)
        for column in range(3):
            for table in range(2):
                group = np.zeros(2, dtype=int)
                for i in range(2):
                    output, at = 3 * m + column, (2 * n + table) * 2 + i
                    if output < 7 and at < 9:
                        group[i] = given_matrix.weights[output, at]
                value = 3 * group[0] + group[1]
                assert held[column, table] == abs(value) + (value < 0) * 8


def test_the_manifest_says_what_the_image_is(tmp_path: Path) -> None:
    given_matrix = matrix(7, 20)
    scaled = TernaryMatrix(given_matrix.weights, np.linspace(0.1, 0.7, 7), "absmean per row", exact=False)
    write_image(CONFIG, scaled, tmp_path, source="block.safetensors", tensor="up_proj")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["shape"] == [7, 20]
    assert manifest["padded_shape"] == [9, 24]
    assert manifest["scale"] == scaled.scale.tolist()
    assert manifest["core_digest"] == CONFIG.digest
    assert CoreConfig.parse(manifest["core"]) == CONFIG
    assert (manifest["source"], manifest["tensor"]) == ("block.safetensors", "up_proj")
    assert list(manifest["counts"].values()) == [int((scaled.weights == w).sum()) for w in (-1, 0, 1)]
    assert manifest["order"].startswith("beats: m tile, n tile; keys of a beat: column, table")
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_the_matrix_is_restored_to_a_file(tmp_path: Path) -> None:
    write_image(CONFIG, matrix(4, 10), tmp_path / "image")
    restore(read_image(CONFIG, tmp_path / "image"), tmp_path / "w.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "w.npy"), matrix(4, 10).weights)


def test_an_image_of_another_core_is_refused(tmp_path: Path) -> None:
    write_image(CONFIG, matrix(4, 10), tmp_path)
    other = CoreConfig(group_size=3, tables=2, columns=4, max_reduction=64)
    with pytest.raises(KeyFileError, match=rf"packed for core {CONFIG.digest}, this is core {other.digest}"):
        read_image(other, tmp_path)


def tampered(directory: Path, change: Callable[[bytearray], Any]) -> None:
    """The image with its bytes changed, and a manifest that agrees with them."""
    path = directory / "keys.bin"
    octets = bytearray(path.read_bytes())
    change(octets)
    path.write_bytes(octets)
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["files"]["keys.bin"] = hashlib.sha256(octets).hexdigest()
    (directory / "manifest.json").write_text(json.dumps(manifest))


def test_images_cut_short_or_changed_are_refused(tmp_path: Path) -> None:
    write_image(CONFIG, matrix(4, 10), tmp_path)
    path = tmp_path / "keys.bin"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(KeyFileError, match=r"keys\.bin: 15 bytes, 16 are right for 4 × 10 weights"):
        read_image(CONFIG, tmp_path)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(KeyFileError, match="not what was packed"):
        read_image(CONFIG, tmp_path)
    path.unlink()
    with pytest.raises(KeyFileError, match=r"keys\.bin: missing"):
        read_image(CONFIG, tmp_path)


@pytest.mark.parametrize("size", range(2, 7))
def test_keys_above_the_last_entry_are_refused(tmp_path: Path, size: int) -> None:
    config = CoreConfig(group_size=size, tables=1, columns=1, max_reduction=64)
    write_image(config, matrix(4, 4 * size), tmp_path)
    last, key_bytes = (3**size - 1) // 2, 2 if size == 6 else 1
    beyond = (last + 1).to_bytes(key_bytes, "little")
    tampered(tmp_path, lambda octets: octets.__setitem__(slice(key_bytes), beyond))
    with pytest.raises(KeyFileError, match=rf"keys\.bin: key {last + 1} is not one of group_size {size}"):
        read_image(config, tmp_path)


def test_weights_in_the_padding_and_bits_above_the_keys_are_refused(tmp_path: Path) -> None:
    config = CoreConfig(group_size=1, tables=1, columns=3, max_reduction=64)
    write_image(config, matrix(4, 2), tmp_path)
    tampered(tmp_path, lambda octets: octets.__setitem__(3, octets[3] | 0b010000))
    with pytest.raises(KeyFileError, match="padding beyond 4 outputs and 2 inputs is not zero"):
        read_image(config, tmp_path)
    write_image(config, matrix(4, 2), tmp_path)
    tampered(tmp_path, lambda octets: octets.__setitem__(1, octets[1] | 0x80))
    with pytest.raises(KeyFileError, match="bits above the last key of a beat are set"):
        read_image(config, tmp_path)


def test_a_multipliers_codes_are_weights_or_refused(tmp_path: Path) -> None:
    config = CoreConfig(architecture="multiplier", tables=1, columns=1, max_reduction=64)
    write_image(config, matrix(2, 2), tmp_path)
    tampered(tmp_path, lambda octets: octets.__setitem__(0, 2))
    with pytest.raises(KeyFileError, match="key 2 is none of the weights -1, 0 and 1"):
        read_image(config, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not the manifest of a key image"),
        ('{"format": "other"}', "not the manifest of a key image"),
        ('{"format": "ternlut key image"}', "shape, core_digest and files are expected"),
        (
            '{"format": "ternlut key image", "shape": [0, 1], "core_digest": "", "files": {"keys.bin": ""}}',
            "shape, core_digest and files are expected",
        ),
    ],
)
def test_manifests_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(KeyFileError, match=said):
        read_image(CONFIG, tmp_path)


def test_a_matrix_beyond_the_core_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="N = 65 is beyond"):
        write_image(CONFIG, matrix(2, 65), tmp_path / "image")
    assert not (tmp_path / "image").exists()


def test_a_full_disk_leaves_the_old_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image(CONFIG, matrix(4, 10), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(octets: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.weights.key_image.hex_lines", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_image(CONFIG, matrix(4, 10, seed=1), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("length", [8, 10])
def test_what_stands_in_the_padding_of_another_alphabet_is_refused(tmp_path: Path, length: int) -> None:
    """Beyond the last output, and in a group that the inputs end in, other keys than the packer's."""
    core = CoreConfig(group_size=4, alphabet="binary", tables=2, columns=3, max_reduction=64)
    write_image(core, matrix(4, length, core=core), tmp_path)
    keys = np.fromfile(tmp_path / "keys.bin", dtype=np.uint8)
    keys[-1] ^= 0x80 if length == 8 else 0x01
    keys.tofile(tmp_path / "keys.bin")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["files"]["keys.bin"] = hashlib.sha256(keys.tobytes()).hexdigest()
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(KeyFileError, match=f"the padding beyond 4 outputs and {length} inputs is not zero"):
        read_image(core, tmp_path)


def test_a_matrix_of_no_groups_of_the_alphabet_is_refused_with_its_name() -> None:
    core = CoreConfig(group_size=4, alphabet="sparse_3_4", tables=2, columns=3, max_reduction=64)
    weights = TernaryMatrix(np.ones((2, 8), dtype=np.int8), np.array(1.0), "ternary", exact=True)
    tensor = Tensor("model.safetensors", "blocks.0", "I8", (2, 8), None)
    with pytest.raises(
        WeightFileError, match=r"blocks\.0.*weights 1 1 1 1 are no group of alphabet = 'sparse_3_4'"
    ):
        check_alphabet(weights, core, tensor)
    check_alphabet(weights, CoreConfig(tables=1, columns=1, alphabet="binary"), tensor)
