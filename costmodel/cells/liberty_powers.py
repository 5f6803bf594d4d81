"""What Liberty's groups say of energy: ``internal_power`` and ``leakage_power``, in fJ and nW.

Where a library states energy by supply rail (``related_pg_pin``), that of the power rails counts: what comes
in there leaves through the ground, so that the sum of both would count it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from costmodel.cells.liberty import Library
from costmodel.cells.liberty_cells import DELAY_AXES, Units, scale_of
from costmodel.cells.liberty_syntax import Group, LibertyError, parse_groups, read_text
from costmodel.cells.powers import FORMAT, CellPower, InternalPower, PowerTable
from costmodel.cells.samples import Samples

# Bumped whenever a Liberty text is read into other power data than before.
READER = 1
_TABLES = {"rise_power": ("rise",), "fall_power": ("fall",), "power": ("rise", "fall")}
_GROUPS = {
    "library",
    "cell",
    "pin",
    "pg_pin",
    "internal_power",
    "leakage_power",
    "power_lut_template",
    *_TABLES,
}
_VOLTS = {"v": 1.0, "mv": 1e-3}
_NANOWATTS = {"w": 1e9, "mw": 1e6, "uw": 1e3, "nw": 1.0, "pw": 1e-3, "fw": 1e-6}


def powers_of(
    library: Library, cache_dir: Path | None = None, names: Collection[str] | None = None
) -> PowerTable:
    """The energies of a library's cells, or of those named; parsed once per content with a cache directory.

    Raises ``LibertyError`` where its files are damaged or state no energies.
    """
    cached = None
    if cache_dir is not None:
        cached = cache_dir / f"powers-{FORMAT}-{READER}-{library.digest[:32]}.json"
        if cached.exists():
            return PowerTable.load(cached, names)
    cells: dict[str, CellPower] = {}
    voltage = 0.0
    used = library.table(cache_dir).cells
    for path in library.files:
        voltage, of_file = parse_powers(read_text(path), str(path), used)
        cells |= of_file
    table = PowerTable(library.name, voltage, {name: cells[name] for name in used if name in cells})
    if not any(cell.pins for cell in table.cells.values()):
        raise LibertyError(
            f"{library.files[0]}: no cell states internal_power; a library with power tables is expected"
        )
    if cached is not None:
        table.save(cached)
    return table.only(names)


def parse_powers(
    text: str, source: str, used: Collection[str] | None = None
) -> tuple[float, dict[str, CellPower]]:
    """The voltage of a Liberty text and what it says of the cells that are used. Raises ``LibertyError``."""

    def read(kind: str, name: str) -> bool:
        return kind in _GROUPS and not (kind == "cell" and used is not None and name not in used)

    root = parse_groups(text, source, read)
    libraries = root.of("library")
    if not libraries:
        raise LibertyError(f"{source}: not a Liberty file (no library group)")
    cells: dict[str, CellPower] = {}
    voltage = 0.0
    for library in libraries:
        try:
            reader = _Reader(library)
        except ValueError as error:
            raise LibertyError(f"{source}: {error}") from None
        voltage = reader.voltage
        for group in library.of("cell"):
            try:
                cells[group.arguments] = reader.cell(group)
            except (ValueError, IndexError, KeyError) as error:
                raise LibertyError(
                    f"{source}: damaged Liberty file: cell {group.arguments}: {error}"
                ) from None
    return voltage, cells


class _Reader:
    """Turns the groups of one library into power data. Raises ``ValueError``."""

    def __init__(self, library: Group) -> None:
        self.units = Units.of(library)
        self.templates = {group.arguments: group for group in library.of("power_lut_template")}
        volt = scale_of(library, "voltage_unit", "1V", _VOLTS)
        if "nom_voltage" not in library.attributes:
            raise ValueError("no nom_voltage; the voltage that its energies hold at is expected")
        self.voltage = float(library.attributes["nom_voltage"]) * volt
        self.energy = self.units.capacitance * volt**2
        """fJ in the unit of energies: that of capacitance times that of voltage squared."""
        self.leakage = scale_of(library, "leakage_power_unit", "1nW", _NANOWATTS)

    def cell(self, group: Group) -> CellPower:
        grounds = {
            pin.arguments
            for pin in group.of("pg_pin")
            if "ground" in (kind := pin.attributes.get("pg_type", "")) or kind == "pwell"
        }
        pins = {}
        for pin in group.of("pin"):
            energies = self._energies(pin, grounds)
            for name in pin.names() if energies else ():
                pins[name] = energies
        return CellPower(pins, self._leakage(group, grounds))

    def _leakage(self, cell: Group, grounds: set[str]) -> tuple[tuple[str, float], ...]:
        sums: dict[str, float] = {}
        for group in cell.of("leakage_power"):
            if group.attributes.get("related_pg_pin") not in grounds:
                when = group.attributes.get("when", "")
                sums[when] = sums.get(when, 0.0) + float(group.attributes["value"]) * self.leakage
        if "" not in sums and "cell_leakage_power" in cell.attributes:
            sums[""] = float(cell.attributes["cell_leakage_power"]) * self.leakage
        return tuple(sums.items())

    def _energies(self, pin: Group, grounds: set[str]) -> tuple[InternalPower, ...]:
        """The energies of a pin; those of several power rails in one state are added."""
        sums: dict[tuple[str, str], dict[str, Samples]] = {}
        for group in pin.of("internal_power"):
            if group.attributes.get("related_pg_pin") in grounds:
                continue
            when = group.attributes.get("when", "")
            for related in group.attributes.get("related_pin", "").split() or [""]:
                tables = sums.setdefault((related, when), {})
                for table in group.groups:
                    for edge in _TABLES.get(table.kind, ()):
                        tables[edge] = _added(tables.get(edge), self._samples(table))
        return tuple(_power(key, tables) for key, tables in sums.items() if tables)

    def _samples(self, group: Group) -> Samples:
        template = self.templates.get(group.arguments)
        return self.units.samples(group, template, DELAY_AXES, self.energy)


def _power(key: tuple[str, str], tables: Mapping[str, Samples]) -> InternalPower:
    return InternalPower(*key, tables.get("rise"), tables.get("fall"))


def _added(first: Samples | None, second: Samples) -> Samples:
    """The sum of both where the one with more points is sampled."""
    if first is None:
        return second
    if len(first.rows) * len(first.columns) < len(second.rows) * len(second.columns):
        first, second = second, first
    values = tuple(
        tuple(value + second.at(row, column) for column, value in zip(first.columns, line, strict=True))
        for row, line in zip(first.rows, first.values, strict=True)
    )
    return Samples(first.rows, first.columns, values)
