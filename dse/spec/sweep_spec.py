"""The question a sweep answers: a spec file, read and checked as far as it can be without its space."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from costmodel.price.activity import BITNET, Statistics
from costmodel.price.wires import Wiring
from dse.spec.axes import SpecError, flat
from dse.spec.device import with_device
from dse.spec.goals import Recommend, listed, with_expressions, with_limits
from dse.spec.reference import read_reference
from dse.spec.system import MEMORY_KEYS
from dse.spec.units import in_units
from dse.spec.workload import Workload
from generator.errors import TernlutError, instead
from generator.toml import read_toml
from generator.validation import one_line

Bandwidth = Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)]


Rate = Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)]


class FigureWords(BaseModel):
    """How a derived figure is spoken of: its ``unit`` (``%`` for a share) and its name in words."""

    model_config = ConfigDict(extra="forbid", strict=True)

    unit: str = ""
    label: str = ""


class SweepSpec(BaseModel):
    """A spec file. Relative paths in it are relative to it.

    ``device`` is an FPGA that designs have to fit; ``device_share`` is then a figure of theirs.
    ``wires`` says whether those of a placement delay cores, and areas are those that cells are spread over.
    ``objectives`` maps figures to ``min`` or ``max``. With ``clock_mhz`` every core runs at that clock and
    those that are too slow for it are infeasible; without, each runs as fast as it can. ``budget`` limits
    objectives for the one design that the summary recommends, minimised ones from above and maximised ones
    from below; a file may write ``limits``. ``recommend`` is the rule by which it is chosen. ``memory`` has
    the keys of a system that say what is behind the cores, and ``bandwidths_gb_per_s`` are others of that
    memory for which the question is answered, too. ``compare`` are the keys whose values, or
    combinations of them, are held against each other. ``derived`` are keys that follow from axes, and
    figures that follow from metrics; ``figures`` has units and labels of these, where a file writes
    ``{ expression, unit, label }``.
    ``reference`` is a design of one's own, by its keys, that the answer is held against.
    ``statistics`` say for which weights and activations energies of cores are.
    ``verify`` of the best designs are synthesized and simulated, with the cells of ``liberty`` files where
    the technology's are not shipped.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = ""
    technology: str = "asap7"
    device: str | None = None
    wires: Wiring = "none"
    clock_mhz: Annotated[float, Field(gt=0, strict=False)] | None = None
    compare: Annotated[tuple[str, ...], BeforeValidator(listed), Field(min_length=1, strict=False)] = (
        "architecture",
    )
    objectives: dict[str, Literal["min", "max"]] = Field(min_length=1)
    recommend: Recommend | None = None
    budget: dict[str, Annotated[float, Field(gt=0, strict=False)]] = {}
    constraints: list[str] = []
    workload: Workload
    memory: dict[str, Any] = {}
    bandwidths_gb_per_s: Annotated[tuple[Bandwidth, ...], Field(strict=False)] | None = None
    axes: dict[str, Any] = Field(min_length=1)
    fixed: dict[str, Any] = {}
    derived: dict[str, str] = {}
    figures: dict[str, FigureWords] = {}
    reference: dict[str, Any] = {}
    statistics: Statistics = BITNET
    verify: int = Field(default=0, ge=0)
    liberty: list[str] = []

    @classmethod
    def load(cls, path: Path) -> SweepSpec:
        """The spec in the TOML file ``path``; ``TernlutError`` in one line that begins with the path."""
        return cls.parse(read_toml(path), str(path), path.parent)

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str, folder: Path = Path()) -> SweepSpec:
        """The spec that ``values`` describe; errors begin with ``where``, paths start from ``folder``."""
        resolved = with_device(where, with_limits(where, with_expressions(where, values)))
        resolved = _with_numbers(where, resolved)
        resolved["technology"] = _beside(folder, resolved.get("technology", "asap7"))
        workload = resolved.get("workload")
        if isinstance(workload, dict):
            resolved["workload"] = {
                key: _beside(folder, value) if key in ("model", "layers") else value
                for key, value in workload.items()
            }
            if isinstance(requests := workload.get("requests"), list):
                resolved["workload"]["requests"] = [_with_model(folder, request) for request in requests]
        if isinstance(reference := resolved.get("reference"), Mapping):
            resolved["reference"] = read_reference(where, reference, folder)
        if isinstance(liberty := resolved.get("liberty"), list):
            resolved["liberty"] = [str(folder / name) if isinstance(name, str) else name for name in liberty]
        for section in ("axes", "fixed", "derived"):
            if isinstance(resolved.get(section), dict):
                resolved[section] = flat(resolved[section])
        resolved = _with_technologies(where, resolved, values, folder)
        if isinstance(derived := resolved.get("derived"), dict):
            resolved["derived"], figures = _worded(derived, where)
            resolved |= {"figures": figures} if figures else {}
        try:
            spec = cls.model_validate(resolved)
        except ValidationError as error:
            raise SpecError(f"{where}: {one_line(error, cls)}") from None
        except TernlutError as error:
            raise SpecError(f"{where}: {error}") from None
        for key in spec.memory:
            if key not in MEMORY_KEYS:
                raise SpecError(f"{where}: unknown key 'memory.{key}': {instead(key, MEMORY_KEYS)}")
        return spec


def _with_model(folder: Path, request: Any) -> Any:
    """A request with the path of its model as seen from ``folder``."""
    if not isinstance(request, Mapping) or "model" not in request:
        return request
    return {**request, "model": _beside(folder, request["model"])}


def _with_numbers(where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with numbers where a spec writes them with their units."""
    clock = {key: value for key, value in values.items() if key in ("clock_mhz", "bandwidths_gb_per_s")}
    tables = {
        section: in_units(f"{where}: {section}.", table)
        for section in ("budget", "memory", "axes", "fixed")
        if isinstance(table := values.get(section), Mapping)
    }
    return {**values, **in_units(f"{where}: ", clock), **tables}


def _with_technologies(
    where: str, resolved: dict[str, Any], values: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """``resolved`` with the first of several technologies as its own."""
    axes = resolved.get("axes")
    names = axes.get("technology") if isinstance(axes, dict) else None
    if not isinstance(axes, dict) or not isinstance(names, list) or not names:
        return resolved
    if "technology" in values:
        raise SpecError(f"{where}: technology and axes.technology: one of the two is expected")
    names = [_beside(folder, name) for name in names]
    return {**resolved, "axes": {**axes, "technology": names}, "technology": names[0]}


class Source(NamedTuple):
    """Where a spec comes from: ``where`` begins errors, ``file`` is its name and ``text`` its TOML."""

    where: str
    file: str
    text: str


def read_spec(spec: Path | str | Mapping[str, Any]) -> tuple[SweepSpec, Source]:
    """The spec of a TOML file, or of a mapping with the same keys, whose paths are relative to this folder.

    Raises ``TernlutError`` in one line for what is wrong with it.
    """
    if isinstance(spec, Mapping):
        import tomlkit

        parsed = SweepSpec.parse(spec, "spec")
        text = tomlkit.dumps({key: value for key, value in spec.items() if value is not None})
        return parsed, Source("spec", "spec", text)
    path = Path(spec)
    parsed = SweepSpec.load(path)
    return parsed, Source(str(path), path.name, path.read_text(encoding="utf-8"))


def _worded(derived: Mapping[str, Any], where: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The expressions of dotted ``derived`` entries, and the words of those that are tables."""
    texts: dict[str, Any] = {}
    words: dict[str, dict[str, Any]] = {}
    for key, value in derived.items():
        name, _, field = key.rpartition(".")
        if name and field == "expression":
            texts[name] = value
            words.setdefault(name, {})
        elif name and field in FigureWords.model_fields:
            words.setdefault(name, {})[field] = value
        else:
            texts[key] = value
    for name in words.keys() - texts.keys():
        raise SpecError(
            f"{where}: derived.{name}: expression is missing, {{ expression, unit, label }} is expected"
        )
    return texts, words


def _beside(folder: Path, name: Any) -> Any:
    """A relative path to a file as seen from ``folder``; a plain name as it is."""
    if isinstance(name, str) and Path(name).suffix in (".toml", ".json", ".csv"):
        return str(folder / name)
    return name
