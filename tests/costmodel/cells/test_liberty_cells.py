"""What is read of cells: axes of tables, pins, registers, what is no logic; each fault is one true line."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cells.liberty import LibertyError, Library, parse
from costmodel.cells.samples import Samples
from costmodel.cells.table import write_liberty
from costmodel.flow.libraries import user_library
from costmodel.flow.mapping import missing_kinds, offer, strengths
from tests.costmodel.cells.liberties import (
    BUFFER,
    HEAD,
    INVERTER,
    NAND,
    NOR,
    REGISTER,
    flip_flop,
    gate,
    inputs,
    library,
    timing,
)

TEMPLATES = {
    "slew, load": "variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;",
    "load, slew": "variable_1 : total_output_net_capacitance; variable_2 : input_net_transition;",
    "load": "variable_1 : total_output_net_capacitance;",
    "slew": "variable_1 : input_transition_time;",
    "slew, load, other": "variable_1 : input_net_transition; variable_2 : total_output_net_capacitance; "
    "variable_3 : related_out_total_output_net_capacitance;",
    "other, load, slew": "variable_1 : related_out_total_output_net_capacitance; "
    "variable_2 : total_output_net_capacitance; variable_3 : input_net_transition;",
    "data, clock": "variable_1 : constrained_pin_transition; variable_2 : related_pin_transition;",
    "clock, data": "variable_1 : related_pin_transition; variable_2 : constrained_pin_transition;",
    "data": "variable_1 : constrained_pin_transition;",
    "clock": "variable_1 : related_pin_transition;",
    "clock, data, load": "variable_1 : related_pin_transition; variable_2 : constrained_pin_transition; "
    "variable_3 : related_out_total_output_net_capacitance;",
}
POINTS = {"slew": (0.1, 0.2), "data": (0.1, 0.2), "load": (0.001, 0.002, 0.004), "clock": (0.3, 0.6, 0.9)}
ROWS, COLUMNS = ("slew", "data"), ("load", "clock")


def stated(template: str, constraint: bool) -> Samples:
    """The table of 1000 + 100·row + 10·column - other, in ps, as a library states it over those axes."""
    names = template.split(", ")
    others = {"other"} | ({"load"} if constraint else set())
    points = {name: (7.0, 8.0) if name in others else POINTS[name] for name in names}
    values = []

    def walk(rest: list[str], value: float) -> None:
        if not rest:
            values.append(f"{value}")
            return
        for index in range(len(points[rest[0]])):
            step = -1 if rest[0] in others else 100 if rest[0] in ROWS else 10
            walk(rest[1:], value + step * index)

    walk(names, 1000)
    indices = " ".join(
        f'index_{number} ("{", ".join(map(str, points[name]))}");' for number, name in enumerate(names, 1)
    )
    head = f"lu_table_template (x) {{ {TEMPLATES[template]} {indices} }}"
    table = f'(x) {{ values ("{", ".join(values)}"); }}'
    kind, name = ("setup_rising", "rise_constraint") if constraint else ("combinational", "cell_rise")
    arc = f'timing () {{ related_pin : "B"; timing_type : {kind}; {name} {table} }}'
    cell = f"cell (X) {{ area : 1; {inputs('B')} pin (A) {{ direction : input; {arc} }} }}"
    text = f'library (l) {{ time_unit : "1ps"; capacitive_load_unit (1,ff); {head} {cell} }}'
    (read,) = parse(text, "x.lib")["X"].pins["A"].arcs
    return read.tables[name]


@pytest.mark.parametrize("template", TEMPLATES)
def test_axes_are_what_the_template_says_they_are(template: str) -> None:
    names = template.split(", ")
    constraint = "data" in names or "clock" in names
    columns = "clock" if constraint else "load"
    row = next((name for name in names if name in ROWS), None)
    rows = POINTS[row] if row else (0.0,)
    column_points = POINTS[columns] if columns in names else (0.0,)
    samples = stated(template, constraint)
    assert samples.rows == pytest.approx(rows)
    assert samples.columns == pytest.approx(column_points)
    # Over other axes the slowest counts, which is the first.
    expected = [[1000 + 100 * i + 10 * j for j in range(len(column_points))] for i in range(len(rows))]
    assert [list(values) for values in samples.values] == expected


def test_tables_may_state_their_own_points_and_no_template() -> None:
    text = library(
        gate("X", "A", "A").replace("(delay) {", '(scalar) { index_1 ("0.5, 1"); index_2 ("2, 3");')
    )
    samples = parse(text, "x.lib")["X"].pins["Y"].arcs[0].tables["cell_rise"]
    assert samples.rows == pytest.approx((500, 1000))
    assert samples.columns == pytest.approx((2000, 3000))


def test_a_scalar_is_the_same_everywhere() -> None:
    arc = 'timing () { related_pin : "B"; cell_rise (scalar) { values ("0.25"); } }'
    cell = f"cell (X) {{ area : 1; pin (A) {{ direction : input; {arc} }} }}"
    samples = parse(library(cell), "x.lib")["X"].pins["A"].arcs[0].tables["cell_rise"]
    assert samples.at(0, 0) == samples.at(77, 1234) == pytest.approx(250)


def test_arcs_of_other_points_are_merged_into_the_slowest() -> None:
    other = timing("A", ns=0.02).replace("(delay) {", '(delay) { index_2 ("0.001, 0.019");')
    cell = gate("X", "A", "A").replace("timing ()", f"{other} timing ()")
    samples = parse(library(cell), "x.lib")["X"].pins["Y"].arcs[0].tables["cell_rise"]
    # At 0.001 and 0.019 pF: 20 and 100 ps against 10 and, straight on from 10 and 50 at 0.001 and 0.01, 90.
    assert samples.columns == pytest.approx((1, 19))
    assert samples.values[0] == pytest.approx((20, 100))


@pytest.mark.parametrize(
    ("units", "slew_ps", "load_ff"),
    [
        ('time_unit : "1ns"; capacitive_load_unit (1,pf);', 10, 1),
        ('time_unit : 1ns ; capacitive_load_unit ( 1.0 , "pF" );', 10, 1),
        ('time_unit : "10ps"; capacitive_load_unit (1000,ff);', 0.1, 1),
        ('time_unit : "1ps"; capacitive_load_unit (0.1,pf);', 0.01, 0.1),
    ],
)
def test_units_are_read_in_every_spelling(units: str, slew_ps: float, load_ff: float) -> None:
    plain = 'time_unit : "1ns";\n  capacitive_load_unit (1,pf);'
    assert plain in HEAD
    cell = parse(library(head=HEAD.replace(plain, units)), "x.lib")["INV"]
    assert cell.pins["A"].capacitance == pytest.approx(load_ff)
    samples = cell.pins["Y"].arcs[0].tables["cell_rise"]
    assert samples.rows[0] == pytest.approx(slew_ps)
    assert samples.columns[0] == pytest.approx(load_ff)


@pytest.mark.parametrize("clock", ["!CK", "(!CK)", "CK'", "(CK)'", "! CK"])
def test_a_falling_edge_is_never_taken_for_a_rising_one(clock: str, tmp_path: Path) -> None:
    falling = flip_flop("AFALL", clock, edge="falling", area=1)
    path = tmp_path / "a.lib"
    path.write_text(library(INVERTER, NAND, falling, REGISTER))
    table = Library.of((path,)).table()
    offered = offer(table).registers.cells
    clocks = {name: cell.flip_flop and cell.flip_flop.clock for name, cell in offered.items()}
    assert clocks == {"AFALL": ("CK", True), "DFF": ("CK", False)}
    # What Yosys reads is in the one spelling that it has always known.
    assert 'clocked_on : "!CK"' in write_liberty(offer(table).registers)
    path.write_text(library(INVERTER, NAND, falling))
    assert missing_kinds(Library.of((path,)).table()) == ["flip-flop of a rising edge"]


@pytest.mark.parametrize("data", ["!D", "(!D)", "D'", "!(D)"])
def test_an_inverted_state_is_known_however_it_is_written(data: str) -> None:
    cell = parse(library(flip_flop("X", next_state=data)), "x.lib")["X"]
    assert cell.flip_flop is not None
    assert cell.flip_flop.data == ("D", True)
    assert cell.flip_flop.next_state == "!D"


@pytest.mark.parametrize(
    ("function", "read"), [("(IQ)", "IQ"), ("IQ'", "IQN"), ("!IQN", "IQ"), ("IQN", "IQN")]
)
def test_outputs_of_a_register_are_its_states(function: str, read: str) -> None:
    cell = parse(library(REGISTER.replace('function : "IQ"', f'function : "{function}"')), "x.lib")["DFF"]
    assert cell.pins["Q"].function == read


def test_a_clock_needs_no_attribute() -> None:
    cell = parse(library(REGISTER.replace("clock : true;", "")), "x.lib")["DFF"]
    assert [pin.name for pin in cell.pins.values() if pin.clock] == ["CK"]


@pytest.mark.parametrize(
    "cell",
    [
        REGISTER.replace("(DFF)", "(GATED)").replace('"CK"; next', '"CK EN"; next'),
        REGISTER.replace("(DFF)", "(SLAVE)").replace("next_state", 'clocked_on_also : "CK2"; next_state'),
        REGISTER.replace("(DFF)", "(BANK)").replace("ff (IQ, IQN)", "ff_bank (IQ, IQN, 4)"),
        REGISTER.replace("(DFF)", "(SCANNED)").replace("pin (CK)", inputs("SI") + "pin (CK)"),
        "cell (LATCH) { area : 1; latch (IQ, IQN) { enable : G; data_in : D; } "
        "pin (D, G) { direction : input; } "
        'pin (Q) { direction : output; function : "IQ"; } }',
        'cell (ICG) { area : 1; clock_gating_integrated_cell : "latch_posedge"; '
        "pin (CK, E) { direction : input; } "
        'pin (Y) { direction : output; function : "CK E"; } }',
    ],
)
def test_what_is_no_plain_flip_flop_is_not_offered(cell: str) -> None:
    table = Library("l", ()).with_cells(parse(library(INVERTER, NAND, REGISTER, cell), "x.lib"))
    offered = offer(table)
    assert set(offered.registers.cells) == {"DFF"}
    assert set(offered.logic.cells) == {"INV", "NAND2"}


@pytest.mark.parametrize(
    "cell",
    [
        gate("OFF", "A", "AB", area=0.1, output='three_state : "B";'),
        gate("DRAIN", "!A", "A", area=0.1, output="driver_type : open_drain;"),
        gate("ISO", "A*B", "AB", area=0.1).replace("area", "is_isolation_cell : true; area", 1),
        gate("SHIFT", "A", "A", area=0.1).replace("area", "is_level_shifter : TRUE ; area", 1),
        gate("KEEP", "!A", "A", area=0.1).replace("area", 'retention_cell : "r"; area', 1),
        gate("PAD", "!A", "A", area=0.1).replace("pin (Y)", "pin (P) { direction : inout; } pin (Y)"),
        gate("RAM", "!A", "A", area=0.1).replace("pin (Y)", "bus (D) { pin (D[0]) { } } pin (Y)"),
        gate("PAIR", "!A", "A", area=0.1).replace("pin (Y)", "bundle (D) { members (D0, D1); } pin (Y)"),
        gate("UNUSED", "!A", "A", area=0.1).replace("area", "dont_use : TRUE ; area", 1),
        gate("SAME", "!A", "A", area=0.1).replace("area", 'dont_use : "true"; area', 1),
    ],
)
def test_what_is_no_logic_is_not_offered(cell: str) -> None:
    table = Library("l", ()).with_cells(parse(library(INVERTER, NAND, REGISTER, cell), "x.lib"))
    assert set(offer(table).logic.cells) == {"INV", "NAND2"}
    assert set(strengths(table).cells) == {"INV", "NAND2"}


def test_power_pins_are_no_inputs() -> None:
    cell = gate("X", "!A", "A").replace("pin (A)", "pg_pin (VDD) { pg_type : primary_power; } pin (A)")
    assert parse(library(cell), "x.lib")["X"].inputs == ["A"]


@pytest.mark.parametrize("pins", ["A,B", "A, B", '"A","B"', '"A B"'])
def test_pins_may_share_a_group(pins: str) -> None:
    shared = NAND.replace(inputs("A", "B"), f"pin ({pins}) {{ direction : input; capacitance : 0.001; }}")
    assert shared != NAND
    assert parse(library(shared), "x.lib") == parse(library(NAND), "x.lib")


def test_an_input_without_capacitance_has_the_librarys() -> None:
    head = HEAD + "default_input_pin_cap : 0.003;"
    without = NAND.replace("capacitance : 0.001;", "", 1)
    cell = parse(library(without, head=head), "x.lib")["NAND2"]
    assert [cell.pins[name].capacitance for name in "AB"] == pytest.approx([3, 1])


def test_a_missing_sense_is_that_of_the_function() -> None:
    cells = parse(library(), "x.lib")
    assert {arc.sense for arc in cells["NAND2"].pins["Y"].arcs} == {"negative_unate"}
    assert {arc.sense for arc in cells["BUF"].pins["Y"].arcs} == {"positive_unate"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            library(INVERTER.replace("area : 1;", ""), NAND, REGISTER),
            "cell INV states no area.*--dont-use INV",
        ),
        (library(INVERTER, NAND.replace("area : 2;", "area : 0;"), REGISTER), "cell NAND2 states no area"),
        (library(NAND, NOR, BUFFER, REGISTER), "no inverter"),
        (library(INVERTER, NAND, NOR, BUFFER), "no flip-flop of a rising edge"),
        (library(INVERTER, BUFFER, REGISTER), "no NAND or NOR"),
        (library(INVERTER, INVERTER, NAND, REGISTER), "cell INV is there twice"),
        (library() + library(), "cell INV is in two of its libraries"),
        (library(INVERTER.replace("area : 1;", "area : much;"), NAND, REGISTER), "cell INV: .*much"),
        (
            library(INVERTER.replace('"0.01, 0.05"', '"0.01"'), NAND, REGISTER),
            "cell INV: cell_rise has 3 values",
        ),
        (library(head=HEAD.replace('"0.01, 0.1"', '"0.1, 0.01"')), "index_1 does not increase"),
        (library(head=HEAD.replace("(1,pf)", "(1,fF2)")), "capacitive_load_unit"),
        ("library (l) { area : 1; ??? }", "line 1: '\\?\\?\\? }' is no Liberty statement"),
        (library(head="include_file (nowhere.lib);"), "includes .*nowhere.lib, which is not there"),
        (library(head="include_file (a.lib);"), "includes .*a.lib, which includes it in turn"),
        (library().replace("library (l)", "cells (l)"), "no library group"),
    ],
)
def test_what_is_wrong_with_a_library_is_one_true_line(text: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.lib"
    path.write_text(text)
    with pytest.raises(LibertyError, match=line) as caught:
        user_library([path])
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cell_in_two_corners_is_refused(tmp_path: Path) -> None:
    paths = [tmp_path / "slow.lib", tmp_path / "fast.lib"]
    for path in paths:
        path.write_text(library())
    with pytest.raises(LibertyError, match=r"fast\.lib: cell INV is in .*slow\.lib too"):
        user_library(paths)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (library().replace("\n", "\r\n"), "utf-8"),
        (library().replace("\n", "\r"), "utf-8"),
        ("\ufeff" + library(), "utf-8"),
        (library(), "utf-16"),
        (library(head=HEAD + "/* 25 °C { */"), "latin-1"),
        (library(head=HEAD + '/* a } " */'), "utf-8"),
        (library(head=HEAD + '// a } " to the end of the line\n'), "utf-8"),
        (library(head=HEAD + 'operating_conditions (oc) { tree_type : "b}"; process : 1; }'), "utf-8"),
        (library(head=HEAD + 'comment : "a /* no comment { \\" }";'), "utf-8"),
        (
            library(head=HEAD + 'define ("x", "cell", "string"); k_volt : 0.1 ; voltage_map (VDD, 1.0);'),
            "utf-8",
        ),
        (library().replace('", "', '", \\\n    "').replace("0.01, 0.05", "0.01, \\\n 0.05"), "utf-8"),
        (library(INVERTER.replace("area", "/* } */ area"), NAND, NOR, BUFFER, REGISTER), "utf-8"),
        (library().replace(";", " ;\n"), "utf-8"),
        (library().replace("cell (INV)", 'cell ( "INV" )'), "utf-8"),
    ],
)
def test_the_same_library_in_other_spellings_is_the_same(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.lib"
    path.write_bytes(text.encode(encoding))
    assert user_library([path]).table().cells == parse(library(), "x.lib")


def test_files_that_are_included_are_read(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "gates.lib").write_text(NAND + 'include_file ("nor.lib");\n')
    (tmp_path / "part" / "nor.lib").write_text(NOR)
    path = tmp_path / "a.lib"
    path.write_text(library(INVERTER, "include_file (part/gates.lib);\n", BUFFER, REGISTER))
    found = user_library([path])
    assert found.table().cells == parse(library(), "x.lib")
    digest = found.digest
    (tmp_path / "part" / "nor.lib").write_text(NOR.replace("area : 2", "area : 3"))
    assert user_library([path]).digest != digest


def test_patterns_leave_cells_out_and_must_match(tmp_path: Path) -> None:
    path = tmp_path / "a.lib"
    path.write_text(library())
    assert set(user_library([path], dont_use=["NOR*", "?UF"]).table().cells) == {"INV", "NAND2", "DFF"}
    with pytest.raises(LibertyError, match=r"--dont-use XOR\*: no cell of .*a\.lib"):
        user_library([path], dont_use=["NOR*", "XOR*"])
    with pytest.raises(LibertyError, match="no inverter"):
        user_library([path], dont_use=["INV"])
