"""What Liberty's groups say of cells: pins, functions, flip-flops, delays over slew and load; ps and fF."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.cells.functions import FunctionError, literal, unateness
from costmodel.cells.liberty_syntax import Group, LibertyError
from costmodel.cells.samples import Samples
from costmodel.cells.table import Arc, Cell, FlipFlop, Pin

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TIMES = {
    "cell_rise",
    "cell_fall",
    "rise_transition",
    "fall_transition",
    "rise_constraint",
    "fall_constraint",
}
_GROUPS = {"library", "cell", "pin", "ff", "latch", "statetable", "timing", "lu_table_template", *_TIMES}
_STATEFUL = ("ff", "ff_bank", "latch", "latch_bank", "statetable", "clock_gating_integrated_cell")
_KEPT_KINDS = (
    "",
    "combinational",
    "combinational_rise",
    "combinational_fall",
    "rising_edge",
    "falling_edge",
    "setup_rising",
    "setup_falling",
)
_TIME_UNITS = {"s": 1e12, "ms": 1e9, "us": 1e6, "ns": 1e3, "ps": 1.0, "fs": 1e-3}
_CAPACITANCE_UNITS = {"f": 1e15, "uf": 1e9, "nf": 1e6, "pf": 1e3, "ff": 1.0, "af": 1e-3}
# Cells that are no logic of a core, whatever function they state: of pads, power domains, memories.
_SPECIAL = (
    "always_on",
    "antenna_diode_type",
    "is_isolation_cell",
    "is_level_shifter",
    "is_macro_cell",
    "is_memory_cell",
    "pad_cell",
    "power_gating_cell",
    "retention_cell",
    "switch_cell_type",
)
# The variables of rows and columns: of delays and transitions, and of setup times.
Axes = Sequence[Sequence[str]]
"""The names that the variable of rows may have, and that of columns."""
DELAY_AXES = (("input_net_transition", "input_transition_time"), ("total_output_net_capacitance",))
_SETUP_AXES = (("constrained_pin_transition",), ("related_pin_transition",))


def is_used(kind: str) -> bool:
    """Whether anything is read from groups of a kind; all others are skipped unread."""
    return kind in _GROUPS


def read_cells(library: Group, source: str) -> dict[str, Cell]:
    """The usable cells of a library group. Raises ``LibertyError`` with one line that names the source."""
    try:
        reader = _Reader(library)
    except ValueError as error:
        raise LibertyError(f"{source}: {error}") from None
    cells: dict[str, Cell] = {}
    without_area = []
    for group in library.of("cell"):
        if _is_special(group):
            continue
        try:
            cell = reader.cell(group)
        except (ValueError, IndexError, KeyError) as error:
            raise LibertyError(f"{source}: damaged Liberty file: cell {group.arguments}: {error}") from None
        if cell.name in cells:
            raise LibertyError(f"{source}: cell {cell.name} is there twice; one corner is expected")
        cells[cell.name] = cell
        if not cell.area > 0 and any(pin.function is not None for pin in cell.pins.values()):
            without_area.append(cell.name)
    if without_area:
        first, more = without_area[0], len(without_area) - 1
        others = f", nor do {more} more" if more else ""
        raise LibertyError(
            f"{source}: cell {first} states no area{others}; every cell needs one (area : µm²) or is left "
            f"out with --dont-use {first}"
        )
    return cells


def _is_special(cell: Group) -> bool:
    """Macros with buses, and cells that the library itself excludes, are of no use to us."""
    attributes = cell.attributes
    return (
        not {"bus", "bundle", "memory"}.isdisjoint(attributes)
        or cell.true("dont_use")
        or any(attributes.get(key, "false").strip().lower() not in ("false", "") for key in _SPECIAL)
        or any(pin.attributes.get("direction") == "inout" for pin in cell.of("pin"))
    )


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, _NUMBER.findall(text)))


@dataclass(frozen=True)
class Units:
    """What a library's numbers are multiplied by to be in ps and fF."""

    time: float
    capacitance: float

    @classmethod
    def of(cls, library: Group) -> Units:
        """Those that the library states, or Liberty's defaults. Raises ``ValueError``."""
        return cls(
            scale_of(library, "time_unit", "1ns", _TIME_UNITS),
            scale_of(library, "capacitive_load_unit", "1,pf", _CAPACITANCE_UNITS),
        )

    def samples(self, group: Group, template: Group | None, wanted: Axes, scale: float) -> Samples:
        """A table with its axes where ``Samples`` has them, whichever order the template states them in.

        ``wanted`` are the variables of rows and columns, ``scale`` is what values are multiplied by.
        """
        known = template.attributes if template is not None else {}
        axes: list[tuple[float, ...]] = []
        roles: list[int | None] = []
        for number in (1, 2, 3):
            points = _numbers(group.attributes.get(f"index_{number}", known.get(f"index_{number}", "")))
            if not points:
                break
            default = wanted[number - 1][0] if number <= len(wanted) else ""
            variable = known.get(f"variable_{number}", default)
            role = next((place for place, names in enumerate(wanted) if variable in names), None)
            axis_scale = self.capacitance if "capacitance" in variable else self.time
            axes.append(tuple(point * axis_scale for point in points))
            roles.append(role)
            if any(low >= high for low, high in itertools.pairwise(points)):
                raise ValueError(f"{group.kind}: index_{number} does not increase")
        values = [value * scale for value in _numbers(group.attributes["values"])]
        if len(values) != math.prod(map(len, axes)) or not all(map(math.isfinite, values)):
            shape = " × ".join(str(len(axis)) for axis in axes) or "1"
            raise ValueError(f"{group.kind} has {len(values)} values for {shape} points")
        return _arranged(axes, roles, values)


def scale_of(library: Group, name: str, default: str, units: Mapping[str, float]) -> float:
    """What numbers in the unit ``name`` of a library are multiplied by. Raises ``ValueError``."""
    text = library.attributes.get(name, default)
    match = re.match(r'([\d.eE+-]+)[\s,"]*([a-zA-Z]+)$', text.strip().strip('"'))
    if not match or match[2].lower() not in units:
        raise ValueError(f"unknown {name} {text!r}; a number with one of {', '.join(units)} is expected")
    return float(match[1]) * units[match[2].lower()]


class _Reader:
    """Turns the groups of one library into cells, in ps and fF. Raises ``ValueError``."""

    def __init__(self, library: Group) -> None:
        self.library, self.units = library, Units.of(library)
        self.templates = {group.arguments: group for group in library.of("lu_table_template")}

    def cell(self, group: Group) -> Cell:
        flop = _flip_flop(group)
        clock = flop.clock if flop is not None else None
        pins = {}
        for pin in group.of("pin"):
            for name in pin.names():
                pins[name] = self._pin(pin, name, flop, clock is not None and clock.name == name)
        return Cell(
            group.arguments,
            float(group.attributes.get("area", "0")),
            pins,
            flop,
            any(group.of(kind) or kind in group.attributes for kind in _STATEFUL),
        )

    def _pin(self, group: Group, name: str, flop: FlipFlop | None, clock: bool) -> Pin:
        attributes = group.attributes
        direction = attributes.get("direction", "input").lower()
        function = attributes.get("function")
        if "three_state" in attributes or (function and _pulls_one_way(attributes, function)):
            function = None
        edges = [attributes.get(f"{edge}_capacitance") for edge in ("rise", "fall")]
        rise, fall = (None if edge is None else float(edge) * self.units.capacitance for edge in edges)
        if "capacitance" in attributes:
            capacitance = float(attributes["capacitance"]) * self.units.capacitance
        elif rise is not None or fall is not None or direction != "input":
            capacitance = max(rise or 0.0, fall or 0.0)
        else:
            capacitance = (
                float(self.library.attributes.get("default_input_pin_cap", "0")) * self.units.capacitance
            )
        return Pin(
            name,
            direction,
            capacitance,
            function if function is None or flop is None else _of_state(function, flop),
            clock or group.true("clock"),
            self._arcs(group, function),
            None if rise is None or fall is None or direction == "output" else (rise, fall),
            self._limit(group, "max_capacitance") * self.units.capacitance
            if direction == "output"
            else math.inf,
            self._limit(group, "max_transition") * self.units.time,
        )

    def _limit(self, pin: Group, name: str) -> float:
        """A limit of a pin, by default the library's; infinite where neither states one."""
        stated = pin.attributes.get(name, self.library.attributes.get(f"default_{name}"))
        return math.inf if stated is None else float(stated)

    def _arcs(self, pin: Group, function: str | None) -> tuple[Arc, ...]:
        """The arcs into a pin, those that differ only in their conditions merged into the slowest."""
        merged: dict[tuple[str, str], tuple[set[str], dict[str, Samples]]] = {}
        for group in pin.of("timing"):
            kind = group.attributes.get("timing_type", "combinational")
            if kind not in _KEPT_KINDS or group.true("min_delay_arc"):
                continue
            for related in group.attributes.get("related_pin", "").split():
                senses, tables = merged.setdefault((related, kind), (set(), {}))
                senses.add(group.attributes.get("timing_sense") or _sense(kind, function, related))
                for table in group.groups:
                    if table.kind in _TIMES:
                        samples = self._samples(table)
                        seen = tables.get(table.kind)
                        tables[table.kind] = samples if seen is None else _slower(seen, samples)
        return tuple(
            Arc(related, kind, senses.pop() if len(senses) == 1 else "non_unate", tables)
            for (related, kind), (senses, tables) in merged.items()
            if tables
        )

    def _samples(self, group: Group) -> Samples:
        wanted = _SETUP_AXES if group.kind.endswith("constraint") else DELAY_AXES
        return self.units.samples(group, self.templates.get(group.arguments), wanted, self.units.time)


def _arranged(
    axes: Sequence[tuple[float, ...]], roles: Sequence[int | None], values: Sequence[float]
) -> Samples:
    """Values over any axes, the last one fastest, as rows (role 0) and columns (role 1).

    Over axes of no role the slowest value counts; a table without rows or columns has one, at 0.
    """
    rows, columns = (axes[roles.index(role)] if role in roles else (0.0,) for role in (0, 1))
    if tuple(roles) == (0, 1):
        width = len(columns)
        grid = [tuple(values[i * width : (i + 1) * width]) for i in range(len(rows))]
        return Samples(rows, columns, tuple(grid))
    slowest: dict[tuple[int, int], float] = {}
    for indices, value in zip(itertools.product(*(range(len(axis)) for axis in axes)), values, strict=True):
        i, j = (indices[roles.index(role)] if role in roles else 0 for role in (0, 1))
        slowest[i, j] = max(slowest.get((i, j), -math.inf), value)
    return Samples(
        rows, columns, tuple(tuple(slowest[i, j] for j in range(len(columns))) for i in range(len(rows)))
    )


def _slower(first: Samples, second: Samples) -> Samples:
    """The greater of both where ``one`` is sampled."""
    if (first.rows, first.columns) != (second.rows, second.columns):
        values = tuple(tuple(second.at(row, column) for column in first.columns) for row in first.rows)
        second = Samples(first.rows, first.columns, values)
    greater = tuple(tuple(map(max, a, b)) for a, b in zip(first.values, second.values, strict=True))
    return Samples(first.rows, first.columns, greater)


def _pulls_one_way(attributes: Mapping[str, str], function: str) -> bool:
    """Whether an output follows inputs in one direction only; tie cells, which have none, may say so too."""
    return attributes.get("driver_type", "").startswith("open") and function.strip("() ") not in ("0", "1")


def _sense(kind: str, function: str | None, related: str) -> str:
    """The sense of an arc that states none: that of the function."""
    if function is None or not kind.startswith("combinational"):
        return ""
    try:
        return unateness(function, related)
    except FunctionError:
        return ""


# Flip-flops -----------------------------------------------------------------------------------------------


def _flip_flop(cell: Group) -> FlipFlop | None:
    """The state of a cell with one bit of it that one pin clocks; None for all others."""
    groups = cell.of("ff")
    if len(groups) != 1:
        return None
    attributes = groups[0].attributes
    if "next_state" not in attributes or "clocked_on" not in attributes or "clocked_on_also" in attributes:
        return None
    state, inverse, *_ = [*groups[0].names(), "", ""]
    flop = FlipFlop(
        state,
        inverse,
        _simplest(attributes["next_state"]),
        _simplest(attributes["clocked_on"]),
        *(_simplest(attributes[key]) if key in attributes else None for key in ("clear", "preset")),
    )
    return flop if flop.clock is not None else None


def _simplest(function: str) -> str:
    """``D`` or ``!D`` for what equals one of them, so that tools that do not parse read it; else as is."""
    try:
        variable = literal(function)
    except FunctionError:
        return function
    return function if variable is None else str(variable)


def _of_state(function: str, flop: FlipFlop) -> str:
    """The output of a flip-flop as one of its two states where it is one of them; else as is."""
    try:
        variable = literal(function)
    except FunctionError:
        return function
    if (
        variable is None
        or variable.name not in (flop.state, flop.inverse)
        or not (flop.state and flop.inverse)
    ):
        return function
    return flop.inverse if (variable.name == flop.inverse) != variable.inverted else flop.state
