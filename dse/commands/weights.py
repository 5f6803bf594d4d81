"""Commands on weight files: what is in them, and the key images that are made of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from dse.commands.options import (
    AsJson,
    Overrides,
    PerScale,
    TensorName,
    TernaryRule,
    load_core,
    out_path,
    read_rule,
)
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, progress_bar, say_json


def inspect(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="safetensors, GGUF, .npy or .npz.", show_default=False),
    ],
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    as_json: AsJson = False,
) -> None:
    """List a weight file's tensors, and the ternary weights of its matrices."""
    from sim.weights.files import open_tensors
    from sim.weights.inspection import inspect_file

    rule, which = read_rule(ternary, per)
    held, found = open_tensors(file), []
    with progress_bar() as progress:
        for done, one in enumerate(inspect_file(held, rule, which), start=1):
            found.append(one)
            progress(f"reading {file.name}", done / len(held.tensors))
    if as_json:
        say_json({"file": str(file), "tensors": [one.figures for one in found]})
        return
    rows = []
    for one in found:
        how = one.rule or ("not ternary" if one.refused else "")
        shares = [f"{count / sum(one.counts):.1%}" for count in one.counts] if one.counts else [""] * 3
        shape = " × ".join(map(str, one.shape)) or "scalar"
        rows.append([one.tensor.name, one.tensor.kind, shape, how, *shares])
    head = ["tensor", "type", "shape", "ternary", "-1", "0", "+1"]
    say(aligned(head, rows, text=(0, 1, 2, 3)))


def pack(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Weight file; with --unpack a directory that pack wrote.", show_default=False
        ),
    ],
    core: Annotated[Path, typer.Option(metavar="CORE", help="Core file, TOML.", show_default=False)],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="OUT", help="Directory, or .npy to unpack to.", parser=out_path),
    ],
    tensor: TensorName = "",
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    unpack: Annotated[
        bool, typer.Option("--unpack", help="Restore the ternary matrix of a key image.")
    ] = False,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write a weight matrix as an image of a core's key memory, or restore it from one."""
    from sim.weights.key_image import read_image, restore, write_image

    began = time.perf_counter()
    config = load_core(core, override)
    if unpack:
        image = read_image(config, file)
        restore(image, out)
        (outputs, length), manifest = image.weights.shape, image.manifest
        written = f"{outputs} × {length} ternary weights in {out}"
    else:
        from sim.weights.files import open_tensors
        from sim.weights.reading import ternary_of

        held = open_tensors(file)
        found = held.find(tensor)
        matrix = ternary_of(held, found, *read_rule(ternary, per))
        manifest = write_image(config, matrix, out, source=file.name, tensor=found.name)
        (outputs, length) = matrix.weights.shape
        written = (
            f"{found.name}: {outputs} × {length} weights ({matrix.rule}) as {manifest['beats']:,} beats of "
            f"{manifest['beat_bytes']} bytes in {out}"
        )
    if as_json:
        say_json({**manifest, "out": str(out), "seconds": round(time.perf_counter() - began, 3)})
        return
    say(written)
