"""Checkpoints in several files: a directory, an index of shards, and the shards beside one that was given.

An index (``model.safetensors.index.json``) has a ``weight_map`` from a tensor's name to the shard that holds
it. Shards without one are told by their names, NAME-00001-of-00003.safetensors (or .gguf).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from sim.weights.npy_file import TORCH
from sim.weights.tensors import Tensor, TensorFile, WeightFileError, listed

Opener = Callable[[Path], TensorFile]

SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d+)-of-(?P<count>\d+)(?P<suffix>\.safetensors|\.gguf)")
INDEX = ".safetensors.index.json"
PICKLES = (".bin", ".pt", ".pth")


def open_directory(path: Path, opened: Opener) -> TensorFile:
    """The one checkpoint in a directory: that of its index, one file, or all shards of a set.

    Raises ``WeightFileError`` where there is none, several, or a shard is missing.
    """
    names = sorted(entry.name for entry in path.iterdir() if entry.is_file())
    indexes = [name for name in names if name.endswith(INDEX)]
    if len(indexes) == 1:
        file = open_index(path / indexes[0], opened)
        return TensorFile(path, file.tensors)
    held = indexes or [name for name in names if name.endswith((".safetensors", ".gguf"))]
    if not held:
        pickles = [name for name in names if name.endswith(PICKLES)]
        reason = f"{pickles[0]} is {TORCH}" if pickles else "a .safetensors or .gguf file is expected"
        raise WeightFileError(f"{path}: a directory without weights that can be read: {reason}")
    sets = {_set_of(name) for name in held}
    if len(sets) > 1 or indexes:
        raise WeightFileError(
            f"{path}: a directory with more than one checkpoint: {listed(held)}; give one of them as the file"
        )
    shards = sets.pop()
    if missing := [name for name in shards if name not in names]:
        raise WeightFileError(f"{path}: {listed(missing)} missing, of {len(shards)} shards; {ALONE}")
    tensors: dict[str, Tensor] = {}
    for name in shards:
        for key, tensor in opened(path / name).tensors.items():
            if key in tensors:
                raise WeightFileError(f"{path / name}: tensor {key!r} is in {tensors[key].where} too")
            tensors[key] = tensor
    return TensorFile(path, tensors)


ALONE = "a shard can be given as the file on its own"


def open_index(path: Path, opened: Opener) -> TensorFile:
    """The tensors that an index names, each from its shard."""
    places = read_index(path)
    shards = sorted(set(places.values()))
    if missing := [name for name in shards if not (path.parent / name).is_file()]:
        raise WeightFileError(
            f"{path}: {listed(missing)} missing, of the {len(shards)} shards that it names; {ALONE}"
        )
    files = {name: opened(path.parent / name) for name in shards}
    for key, name in places.items():
        if key not in files[name].tensors:
            raise WeightFileError(f"{path}: tensor {key!r} is said to be in {name}, which does not hold it")
    return TensorFile(path, {key: files[name].tensors[key] for key, name in places.items()})


def read_index(path: Path) -> Mapping[str, str]:
    """The ``weight_map`` of an index: the shard, a file in the same directory, of every tensor."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise WeightFileError(f"{path}: not JSON, an index of shards is expected: {error}") from None
    places = data.get("weight_map") if isinstance(data, dict) else None
    if not isinstance(places, dict) or not places:
        raise WeightFileError(f"{path}: no index of shards, which has a weight_map from tensors to files")
    for key, name in places.items():
        if not isinstance(name, str) or Path(name).name != name:
            raise WeightFileError(
                f"{path}: weight_map has {name!r} for {key!r}, a file in the same directory is expected"
            )
        if name.endswith(PICKLES):
            raise WeightFileError(f"{path}: {name} is {TORCH}")
    return places


def with_shards_beside(file: TensorFile, opened: Opener) -> TensorFile:
    """``file``, which may be one shard of a checkpoint, with the tensors of the others within reach."""
    path, opening = file.path, cache(opened)

    @cache
    def places() -> Mapping[str, str]:
        """Where an index that names this shard has the others' tensors."""
        indexes = map(read_index, sorted(path.parent.glob(f"*{INDEX}")))
        return next((index for index in indexes if path.name in index.values()), {})

    def beside(name: str) -> Tensor | None:
        if name in places():
            shard = path.parent / places()[name]
            if not shard.is_file():
                raise WeightFileError(f"{path}: tensor {name!r} is in {shard.name}, which is missing")
            return opening(shard).tensors.get(name)
        for shard in (path.parent / other for other in _set_of(path.name) if other != path.name):
            if shard.is_file() and name in (tensors := opening(shard).tensors):
                return tensors[name]
        return None

    return TensorFile(path, file.tensors, beside)


def _set_of(name: str) -> tuple[str, ...]:
    """The names of all shards of the set that a file's name is one of; of others the name itself."""
    match = SHARD.fullmatch(name)
    if match is None or int(match["count"]) > MOST_SHARDS:
        return (name,)
    digits = len(match["number"])
    return tuple(
        f"{match['stem']}-{number:0{digits}}-of-{match['count']}{match['suffix']}"
        for number in range(1, int(match["count"]) + 1)
    )


MOST_SHARDS = 10_000
"""More shards than any checkpoint has; a larger count is part of a name."""
