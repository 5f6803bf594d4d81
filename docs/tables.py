"""Tables of the documentation that follow from the code or from data in the repository."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import pandas as pd
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[1]
TECHNOLOGIES = ("asap7", "asap7-full", "sky130hd", "sg13g2")
FABRICS = ("xcup", "ecp5")


def markdown(head: list[str], rows: list[list[str]], right: tuple[int, ...] = ()) -> str:
    """A table; columns ``right`` are aligned to the right."""
    rule = ["---:" if i in right else "---" for i in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def core_keys(root: Path) -> str:
    """Every key of a core file: what it may be, its default, what it means."""
    from generator.buffer_config import BufferConfig
    from generator.config import CoreConfig
    from generator.pipeline_config import PipelineConfig

    rows = []
    tables = {"buffers": BufferConfig, "pipeline": PipelineConfig}
    for prefix, model in (("", CoreConfig), *((f"{table}.", each) for table, each in tables.items())):
        for name, field in model.model_fields.items():
            if name not in tables:
                default = "required" if field.is_required() else _shown(field.default)
                rows.append([f"`{prefix}{name}`", _allowed(name, field), default, field.description or ""])
    return markdown(["key", "values", "default", "meaning"], rows)


def _shown(value: Any) -> str:
    return "" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _allowed(name: str, field: FieldInfo) -> str:
    """What a key may be, in words."""
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not NoneType]
    if get_origin(field.annotation) is Literal:
        kinds = [field.annotation]
    if get_origin(kinds[0]) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kinds[0]))
    if kinds[0] is bool:
        return "`true`, `false`"
    if kinds[0] is int:
        limits = {type(limit).__name__: limit for limit in field.metadata}
        return f"{limits['Ge'].ge:,} … {limits['Le'].le:,}"
    return "a number format"


def formats(root: Path) -> str:
    """The floating-point formats."""
    from generator.formats import FLOATS

    rows = [
        [f"`{name}`", str(number.bits), str(number.exponent), str(number.mantissa)]
        for name, number in FLOATS.items()
    ]
    rows.insert(0, ["`int2` … `int16`", "2 … 16", "", ""])
    return markdown(["format", "bits", "exponent bits", "fraction bits"], rows, (1, 2, 3))


def commands(root: Path) -> str:
    """Every command, what it does and its arguments."""
    from dse.cli import COMMANDS

    rows = [[f"`{name}`", _first_sentence(command.__doc__)] for name, command in COMMANDS.items()]
    return markdown(["command", "does"], rows)


def _first_sentence(text: str | None) -> str:
    paragraph = (text or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split())


def accuracy(root: Path) -> str:
    """The errors of every shipped technology on cores that it was not fitted to, from the studies' data."""
    rows = []
    for name in TECHNOLOGIES:
        cores = pd.read_csv(ROOT / "reports" / f"validation-{name}" / "cores.csv")
        row = [f"[`{name}`]({root}/reports/validation-{name}/summary.md)", str(len(cores))]
        row += [_error(cores, figure) for figure in ("tight_area", "medium_area", "area", "delay")]
        order = cores["modelled_area"].corr(cores["synthesized_area"], method="kendall")
        rows.append([*row, f"{order:.3f}"])
    head = ["technology", "cores", "area, tight", "area, medium", "least area", "delay", "Kendall's τ"]
    return markdown(head, rows, (1, 2, 3, 4, 5, 6))


def _error(cores: pd.DataFrame, figure: str) -> str:
    """The median and the largest error of a figure, of the cores that have any."""
    errors = cores[f"{figure}_error"].dropna().abs()
    few = "" if len(errors) == len(cores) else f" ({len(errors)} cores)"
    return f"{errors.median():.1f} % / {errors.max():.1f} %{few}"


def fabric_accuracy(root: Path) -> str:
    """The same of FPGAs' fabrics; of cores that are too large to be placed for it no clock."""
    rows = []
    for name in FABRICS:
        cores = pd.read_csv(ROOT / "reports" / f"validation-{name}" / "cores.csv")
        errors = [_error(cores, figure) for figure in ("lut", "ff", "delay")]
        rows.append([f"[`{name}`]({root}/reports/validation-{name}/summary.md)", str(len(cores)), *errors])
    return markdown(["fabric", "cores", "LUT", "flip-flops", "delay"], rows, (1, 2, 3, 4))


def metrics(root: Path) -> str:
    """Every figure that objectives, limits and expressions may name."""
    from dse.pricing.metrics import METRICS

    rows = [[f"`{name}`", metric.unit, metric.says] for name, metric in METRICS.items()]
    return markdown(["metric", "unit", "meaning"], rows)


def models(root: Path) -> str:
    """The models whose shapes are built in."""
    from dse.commands.listing import workloads

    listing = workloads()
    return markdown(list(listing.head), [[f"`{name}`", *rest] for name, *rest in listing.rows])


def memories(root: Path) -> str:
    """The off-chip memories that have a name."""
    from dse.commands.listing import memories

    listing = memories()
    return markdown(list(listing.head), [[f"`{name}`", *rest] for name, *rest in listing.rows], (1, 2, 3, 4))


@cache
def sweep_of(spec: str) -> Path:
    """The results of an example's sweep; it takes a minute or two."""
    from dse.sweep.run import sweep

    directory = Path(tempfile.mkdtemp(prefix="ternlut-docs-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    sweep(ROOT / "examples" / f"{spec}.toml", directory)
    return directory


def formats_worth(root: Path) -> str:
    """Of each format and datapath the design of least area for a token a second, from the sweep of formats.

    Its picture, and those of the main sweep, are copied beside the pages.
    """
    directory = sweep_of("bitnet-2b4t-formats")
    shutil.copy(directory / "formats.png", ROOT / "docs" / "formats.png")
    for picture in ("pareto.svg", "request.svg"):
        shutil.copy(sweep_of("bitnet-2b4t") / picture, ROOT / "docs" / picture)
    points = pd.read_parquet(directory / "points.parquet")
    points = points[points["feasible"]].astype({"datapath": object}).fillna({"datapath": "integer"})
    points["worth"] = points["area_um2"] / points["tokens_per_second"]
    best = points.loc[points.groupby(["activation", "datapath", "architecture"])["worth"].idxmin()]
    best = best.sort_values(["worth"])
    rows = [
        [row.activation, row.datapath, row.architecture, f"{row.worth:.3g}", f"{row.rms_error:.2g}"]
        for row in best.itertuples()
    ]
    head = ["format", "datapath", "architecture", "µm² for a token/s", "RMS error"]
    return markdown(head, rows, (3, 4))


def packed_keys(root: Path) -> str:
    """The least area that reaches the highest rate of each bandwidth, packing and architecture, but 1 %."""
    points = pd.read_parquet(sweep_of("packed-keys") / "points.parquet")
    points = points[points["feasible"] & (points["area_um2"] <= 10_000)]
    rows = []
    keys = ["weight_bandwidth_gb_per_s", "key_packing", "architecture"]
    for (bandwidth, packing, architecture), group in points.groupby(keys, sort=False):
        fast = group[group["tokens_per_second"] >= 0.99 * group["tokens_per_second"].max()]
        best = fast.loc[fast["area_um2"].idxmin()]
        size = f"µ = {best.group_size}, " if architecture == "lut" else ""
        tile = f"{size}{best.tables} × {best.columns}"
        bits, rate = f"{best.bits_per_weight:.3g}", f"{best.tokens_per_second:.1f}"
        rows.append([f"{bandwidth:g}", str(packing), architecture, tile, bits, rate, f"{best.area_um2:,.0f}"])
    head = ["GB/s", "packing", "architecture", "tile", "bits a weight", "tokens/s", "µm²"]
    return markdown(head, sorted(rows, key=lambda row: (float(row[0]), row[1] != "none")), (4, 5, 6))


MAKERS: Mapping[str, Callable[[Path], str]] = {
    table.__name__: table
    for table in (
        core_keys,
        formats,
        commands,
        accuracy,
        fabric_accuracy,
        metrics,
        models,
        memories,
        formats_worth,
        packed_keys,
    )
}
"""Tables by name; each is given the repository's folder as the page sees it, for links."""
