"""Small libraries, made from text, with one thing changed in each; times in ns, capacitances in pF."""

from __future__ import annotations

DELAYS = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
HEAD = """
  time_unit : "1ns";
  capacitive_load_unit (1,pf);
  lu_table_template (delay) {
    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0.01, 0.1"); index_2 ("0.001, 0.01");
  }
  lu_table_template (setup) {
    variable_1 : constrained_pin_transition; variable_2 : related_pin_transition;
    index_1 ("0.01, 0.1"); index_2 ("0.01, 0.1");
  }
"""


def timing(related: str, kind: str = "combinational", extra: str = "", ns: float = 0.01) -> str:
    values = f'values ("{ns}, {5 * ns}", "{2 * ns}, {6 * ns}");'
    tables = " ".join(f"{name} (delay) {{ {values} }}" for name in DELAYS)
    return f'timing () {{ related_pin : "{related}"; timing_type : {kind}; {extra} {tables} }}'


def inputs(*names: str, attributes: str = "capacitance : 0.001;") -> str:
    return " ".join(f"pin ({name}) {{ direction : input; {attributes} }}" for name in names)


def gate(name: str, function: str, pins: str, area: float = 2, output: str = "", ns: float = 0.01) -> str:
    arcs = " ".join(timing(pin, ns=ns) for pin in pins)
    return (
        f"cell ({name}) {{ area : {area}; {inputs(*pins)} "
        f'pin (Y) {{ direction : output; function : "{function}"; {output} {arcs} }} }}\n'
    )


def flip_flop(
    name: str, clocked_on: str = "CK", next_state: str = "D", edge: str = "rising", area: float = 5
) -> str:
    setup = " ".join(
        f'{e}_constraint (setup) {{ values ("0.01, 0.02", "0.01, 0.02"); }}' for e in ("rise", "fall")
    )
    return (
        f"cell ({name}) {{ area : {area}; "
        f'ff (IQ, IQN) {{ clocked_on : "{clocked_on}"; next_state : "{next_state}"; }} '
        f"pin (D) {{ direction : input; capacitance : 0.001; "
        f'timing () {{ related_pin : "CK"; timing_type : setup_{edge}; {setup} }} }} '
        f"pin (CK) {{ direction : input; clock : true; capacitance : 0.001; }} "
        f'pin (Q) {{ direction : output; function : "IQ"; {timing("CK", f"{edge}_edge")} }} }}\n'
    )


INVERTER = gate("INV", "!A", "A", area=1)
NAND = gate("NAND2", "!(A*B)", "AB")
NOR = gate("NOR2", "!(A+B)", "AB")
BUFFER = gate("BUF", "A", "A")
REGISTER = flip_flop("DFF")


def library(*cells: str, head: str = HEAD) -> str:
    """A library of the given cells, or of an inverter, two gates, a buffer and a flip-flop."""
    return f"library (l) {{{head}{''.join(cells or (INVERTER, NAND, NOR, BUFFER, REGISTER))}}}\n"
