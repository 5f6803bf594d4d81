"""Commands on weight files: what is in them, and the key images that are made of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from dse.commands.model_image import ModelRequest
from dse.commands.options import (
    AsJson,
    I2SLayout,
    Overrides,
    PerScale,
    TensorPatterns,
    TernaryRule,
    UsageError,
    load_core,
    open_weights,
    out_path,
    read_rule,
)
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, progress_bar, say_json

if TYPE_CHECKING:
    from dse.commands.stored_layers import Chosen
    from generator.config import CoreConfig
    from sim.weights.inspection import Inspection
    from sim.weights.reading import Rule
    from sim.weights.ternary import Per, TernaryMatrix


def inspect(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="safetensors, GGUF, .npy or .npz, a checkpoint's directory or index.",
            show_default=False,
        ),
    ],
    tensor: Annotated[
        list[str],
        typer.Option("--tensor", metavar="PATTERN", help="List these tensors only, named as for simulate."),
    ] = [],  # noqa: B006
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    i2s: I2SLayout = "",
    as_json: AsJson = False,
) -> None:
    """List a weight file's tensors, and the ternary weights of its matrices."""
    from sim.weights.inspection import inspect_file
    from sim.weights.selection import select

    rule, which = read_rule(ternary, per)
    held, shown = open_weights(file, i2s), []
    tensors = [choice.tensor for choice in select(held, tensor)] if tensor else list(held.tensors.values())
    with progress_bar() as progress:
        for done, each in enumerate(inspect_file(held, rule, which, tensors), start=1):
            shown.append(each)
            progress(f"reading {file.name}", done / len(tensors))
    if as_json:
        say_json({"file": str(file), "tensors": [each.figures for each in shown]})
        return
    say(table_of(shown))


def table_of(inspections: list[Inspection]) -> str:
    """A line a tensor, and below what was assumed, what is lost and what cannot be read."""
    from dse.commands.stored_layers import remarks

    rows, about = [], []
    for each in inspections:
        tensor = each.tensor
        unread = "not ternary" if tensor.read else "cannot be read"
        how = each.rule or (unread if each.refused else "")
        shares = [f"{count / sum(each.counts):.1%}" for count in each.counts] if each.counts else [""] * 3
        lost = f"{each.weight_error:.1%}" if each.weight_error else ""
        shape = " × ".join(map(str, each.shape)) or "scalar"
        rows.append([tensor.name, tensor.kind, shape, how, *shares, lost])
        about += [(tensor.name, note) for note in each.notes]
        if each.refused:
            about.append((tensor.name, each.refused.removeprefix(str(tensor)).lstrip(": ")))
    head = ["tensor", "type", "shape", "ternary", "-1", "0", "+1", "lost"]
    return "\n".join([aligned(head, rows, text=(0, 1, 2, 3)), *remarks(about)])


PackedFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Weights, as simulate takes them; with --unpack a directory that pack wrote.",
        show_default=False,
    ),
]
Descriptors = Annotated[
    bool,
    typer.Option(
        "--descriptors",
        help="With wrapper = 'axi', write model.bin, too: the list of all layers and their keys.",
    ),
]
ModelBase = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="With --descriptors: where it is in memory.", show_default="0"),
]
ModelTokens = Annotated[
    int | None,
    typer.Option(metavar="B", help="With --descriptors: tokens of a layer.", min=1, show_default="1"),
]


def pack(
    file: PackedFile,
    core: Annotated[Path, typer.Option(metavar="CORE", help="Core file, TOML.", show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT",
            help="Directory, with one of its own for each of several tensors, or .npy to unpack to.",
            parser=out_path,
        ),
    ],
    tensor: TensorPatterns = [],  # noqa: B006
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    i2s: I2SLayout = "",
    unpack: Annotated[
        bool, typer.Option("--unpack", help="Restore the ternary matrix of a key image.")
    ] = False,
    descriptors: Descriptors = False,
    base: ModelBase = None,
    tokens: ModelTokens = None,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write weight matrices as images of a core's key memory, or restore one from its image."""
    began = time.perf_counter()
    config = load_core(core, override)
    model = ModelRequest.of(config, base, tokens, wanted=descriptors)
    if unpack:
        stated = {
            "--descriptors": descriptors,
            "--tensor": tensor, "--i2s": i2s, "--ternary": ternary != "auto", "--per": per != "tensor",
        }  # fmt: skip
        for option in (option for option, given in stated.items() if given):
            raise UsageError(f"{option}: is not for --unpack")
        from sim.weights.key_image import read_image, restore

        image = read_image(config, file)
        restore(image, out)
        (outputs, length), answer = image.weights.shape, image.manifest
        lines = [f"{outputs} × {length} ternary weights in {out}"]
    else:
        from dse.commands.stored_layers import Chosen

        rule, which = read_rule(ternary, per)
        chosen = Chosen.of(config, open_weights(file, i2s), tensor, rule)
        if model is not None:
            model.check(chosen, rule)
        answer, lines = _pack(config, chosen, rule, which, file.name, out)
        if model is not None:
            answer["model"] = model.write(answer, out)
            lines.append(model.line(answer["model"], out))
    if as_json:
        say_json({**answer, "out": str(out), "seconds": round(time.perf_counter() - began, 3)})
        return
    say("\n".join(lines))


def _pack(
    config: CoreConfig, chosen: Chosen, rule: Rule, per: Per, source: str, out: Path
) -> tuple[dict[str, Any], list[str]]:
    """Writes the images; what they are, and the same in lines."""
    from dse.commands.stored_layers import remarks
    from sim.weights.key_image import write_image
    from sim.weights.reading import check_alphabet, ternary_of
    from sim.weights.tensors import WeightFileError

    manifests, lines, about = [], [], []
    with progress_bar() as progress:
        for done, choice in enumerate(chosen.choices):
            name = choice.tensor.name
            progress(f"packing {name}", done / len(chosen.choices))
            try:
                matrix = ternary_of(chosen.file, choice.tensor, rule, per, config)
                check_alphabet(matrix, config, choice.tensor)
            except WeightFileError as error:
                chosen.refuse(choice, error)
                continue
            place = out / directory_for(name) if chosen.several else out
            manifest = write_image(config, matrix, place, source=source, tensor=name)
            manifests.append({**manifest, "out": str(place)})
            lines.append(line_of(name, matrix, manifest, place))
            about += [(name, note) for note in matrix.notes]
    chosen.complain_if_nothing_is_left(len(manifests))
    about += [(each.tensor, f"left out: {each.reason}") for each in chosen.skipped]
    lines += remarks(about)
    if not chosen.several:
        return manifests[0], lines
    skipped = [{"tensor": each.tensor, "reason": each.reason} for each in chosen.skipped]
    return {"tensors": manifests, "skipped": skipped}, lines


def line_of(name: str, matrix: TernaryMatrix, manifest: dict[str, Any], place: Path) -> str:
    """An image in one line."""
    outputs, length = matrix.weights.shape
    return (
        f"{name}: {outputs} × {length} weights ({matrix.rule}) as {manifest['beats']:,} beats of "
        f"{manifest['beat_bytes']} bytes in {place}"
    )


def directory_for(name: str) -> str:
    """A directory's name for a tensor's: the same, but for characters that directories should not have."""
    plain = quote(name, safe="[]")
    return plain if plain.strip(".") else plain.replace(".", "%2E")
