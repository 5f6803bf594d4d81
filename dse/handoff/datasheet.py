"""The datasheet of a core, README.md of its hand-off: everything that who integrates it has to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from dse.handoff.arithmetic import rules
from dse.handoff.buffer_sheet import buffered_meanings, buffers_section
from dse.handoff.packed_weights import counted_bytes, packing
from dse.handoff.prices import Price
from dse.handoff.scales import scale_places, scaled_result
from dse.handoff.scripts import PDKS, UTILISATION
from dse.handoff.templates import table, text_of
from generator.alphabets import TERNARY
from generator.alphabets import value_of as value_of_weights
from generator.plan import ArrayPlan, CompressorPlan, CorePlan, FillPlan, ReductionPlan
from generator.verilog import period_ns, ports

MEANINGS = {
    "aclk": "clock; everything happens at its rising edge",
    "aresetn": "synchronous reset, active low, for at least one cycle",
    "n_tiles": "tiles along N of the next block, {n}; sampled with a block's first activation beat",
    "m_tiles": "tiles along M of the next block, {m}; sampled with a block's first activation beat",
    "s_axis_activation_tdata": "activations of a tile, {activations}",
    "s_axis_key_tdata": "keys of a tile's weights, {keys}",
    "m_axis_result_tdata": "results of a tile of outputs, {results}",
    "m_axis_result_tlast": "last result beat of a block",
}
"""What ports are for; those of a handshake speak for themselves."""


def datasheet(plan: CorePlan, manifest: Mapping[str, Any], prices: Mapping[str, Price]) -> str:
    """The datasheet as Markdown."""
    config, top = plan.config, str(manifest["top"])
    return text_of(
        "datasheet.md",
        TOP=top,
        SUMMARY=summary(plan),
        FIGURES=table(["figure", "value"], figures(plan)),
        PORTS=table(["port", "direction", "bits", "meaning"], port_rows(plan)),
        STREAMS=table(
            ["stream", "bits used", "element", "bits", "order, lowest bits first"], stream_rows(manifest)
        ),
        ORDER=order_of_work(plan),
        BUFFERS=buffers_section(plan, manifest.get("memories", {})),
        KEYS=keys(plan),
        THROUGHPUT=throughput(plan),
        TABLE_STAGES="one beat" if plan.table_stages == 1 else f"{plan.table_stages} beats",
        ARITHMETIC=rules(plan),
        CLOCK=clock(manifest["clock_mhz"]),
        PRICES=price_table(prices, manifest["clock_mhz"]),
        UTILISATION=str(UTILISATION),
        DIE=f"{100 / UTILISATION:.3g}",
        CONFIGURATION=config.to_toml().strip(),
        VERSIONS=", ".join(f"{name} {version}" for name, version in manifest["versions"].items()),
    )


def clock(mhz: float | None) -> str:
    """Where the clock stands."""
    files = "`constraints.sdc`, `config.json` and `synth/`"
    if mhz is None:
        return (
            f"No clock was stated; {files} begin with periods to be set (`generate --clock-mhz` states one)."
        )
    return f"The clock is {mhz:g} MHz, a period of {period_ns(mhz):g} ns, in {files}."


def price_table(prices: Mapping[str, Price], clock_mhz: float | None) -> str:
    """Areas and the shortest period in each technology, and whether that is short enough for the clock."""
    known = clock_mhz is not None
    head = [
        "technology",
        *([f"area at {clock_mhz:g} MHz"] if known else []),
        "area sized for speed",
        "least area, without a clock and buffers",
        "LibreLane's core area",
        "shortest period",
    ]
    rows = []
    for name, price in prices.items():
        core = um2(price.relaxed_um2 * 100 / UTILISATION) if name in PDKS.values() else ""
        row = [
            price.technology,
            *([um2(price.clock_um2)] if price.clock_um2 is not None else []),
            um2(price.tight_um2),
            um2(price.relaxed_um2),
            core,
            f"{price.delay_ps:,.0f} ps",
        ]
        if clock_mhz is not None:
            row.append("yes" if price.delay_ps <= 1000 * period_ns(clock_mhz) else "no")
        rows.append(row)
    return table(head if clock_mhz is None else [*head, f"fit for {clock_mhz:g} MHz"], rows)


def tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"


def um2(area: float) -> str:
    return f"{area:,.0f} µm²"


def summary(plan: CorePlan) -> str:
    """What the core computes, in one sentence."""
    config = plan.config
    rows = tokens(config.rows)
    return (
        f"y = x · Wᵀ with {weights(plan)} and {config.activation} activations x, for {rows} at "
        f"a time: a step takes {plan.tile_length} activations{' of each' if config.rows > 1 else ''} and "
        f"the weights of {plan.columns} outputs.{several(plan)}"
    )


def weights(plan: CorePlan) -> str:
    """What weights there are."""
    if plan.config.alphabet == TERNARY:
        return "ternary weights W (-1, 0, +1)"
    if plan.config.weight_bits > 1:
        largest = (1 << plan.config.weight_bits) - 1
        return f"weights W (odd integers from {-largest} to {largest})"
    return f"weights W ({plan.code.alphabet.meaning})"


def several(plan: CorePlan) -> str:
    """How the cores of an array divide that, in a sentence; nothing of one core."""
    if not isinstance(plan, ArrayPlan):
        return ""
    config = plan.config
    if config.adds_results:
        return (
            f" {config.cores} cores divide the inputs: core t takes {config.tile_length} activations, from "
            f"number t · {config.tile_length} of a step on, and a tree adds the cores' results."
        )
    return (
        f" {config.cores} cores divide the outputs: core t makes {config.columns}, from number t · "
        f"{config.columns} of a step on, and activations go to all."
    )


def figures(plan: CorePlan) -> list[list[str]]:
    """The core in numbers."""
    config = plan.config
    behind = " from the buffer" if config.buffers.activations else ""
    rows = [
        ["tile", f"{plan.tile_length} activations × {plan.columns} outputs × {tokens(config.rows)}"],
        ["multiply-accumulates a cycle", f"{plan.config.macs_per_cycle:,}"],
        ["latency", f"{plan.latency_cycles} clock cycles, activations taken{behind} to result offered"],
        ["longest reduction N", f"{config.max_reduction:,} activations ({plan.max_n_tiles:,} tiles)"],
        ["most outputs M", most_outputs(plan)],
        ["weight on the key stream", f"{plan.bits_per_weight:.3g} bits"],
        ["result", f"{plan.result_width} bits, {arithmetic(plan)}"],
        *reduction(plan),
    ]
    return [[name, value] for name, value in rows]


def reduction(plan: CorePlan) -> list[list[str]]:
    """How a column adds, where it is not as usual."""
    match plan.reduction:
        case ReductionPlan():
            return []
        case CompressorPlan(depth=depth):
            levels = "1 level" if depth == 1 else f"{depth} levels"
            return [["reduction", f"carry-save: {levels} of full adders, then one adder a column"]]
        case unknown:
            assert_never(unknown)


def most_outputs(plan: CorePlan) -> str:
    if plan.most_outputs is not None:
        return f"{plan.most_outputs:,} ({plan.partial_sums:,} tiles)"
    return f"any, {(1 << plan.m_tiles_width) - 1:,} tiles in one block"


def arithmetic(plan: CorePlan) -> str:
    """How a result comes about, in words."""
    total, cut = plan.config.accumulation or plan.config.activation, plan.config.aligned_bits
    flagged = f"{total} and a bit `invalid` above it"
    match plan.config.number_kind:
        case "integer" | "exact" if plan.scaler is not None:
            return scaled_result(plan.scaler)
        case "integer":
            return "two's complement, exact: no sum within N overflows"
        case "native":
            return f"{total}: IEEE 754 additions, round to nearest even, in a fixed order"
        case "exact":
            return f"{flagged}: the exact sum, rounded once"
        case "aligned":
            return f"{flagged}: {cut} bits of each activation, one addition a tile"
        case unknown:
            assert_never(unknown)


def port_rows(plan: CorePlan) -> list[list[str]]:
    config = plan.config
    most_m = plan.partial_sums if config.outputs is not None else (1 << plan.m_tiles_width) - 1
    words = {
        "n": f"1 … {plan.max_n_tiles}",
        "m": f"1 … {most_m}",
        "activations": counted_inputs(plan),
        "keys": counted_keys(plan),
        "results": counted(config.rows * plan.columns, plan.result_width),
    }
    meanings = MEANINGS | buffered_meanings(plan)
    return [
        [f"`{name}`", way, str(width), meanings.get(name, "AXI4-Stream").format(**words)]
        for name, way, width in ports(plan)
    ]


def counted_inputs(plan: CorePlan) -> str:
    """What a beat of activations has, or of tables that are made of them elsewhere."""
    rows = plan.config.rows
    if not plan.receives_entries:
        return counted(rows * plan.tile_length, plan.activation_width)
    scale = (
        f", above each row's the exponent of its tile in {plan.exponent_width}" if plan.exponent_width else ""
    )
    return f"{counted(rows * plan.tables, plan.table_bits)}: tables{scale}"


def counted_keys(plan: CorePlan) -> str:
    """What a beat of keys has."""
    if plan.config.packs_keys:
        beat = counted_bytes(plan)
    else:
        beat = counted(plan.columns * plan.tables, plan.key_width)
    return f"{beat}, and scales, {counted(*plan.scale_elements)}" if plan.scaler else beat


def counted(elements: int, width: int) -> str:
    return f"{elements:,} × {width} bits"


def stream_rows(manifest: Mapping[str, Any]) -> list[list[str]]:
    code = manifest["key_code"]
    key = "five weights" if "bytes" in code else "key" if "largest_index" in code else code["meaning"]
    elements = {"activation": manifest["config"]["activation"], "key": key}
    return [
        [
            name,
            f"{stream['bits']:,}",
            stream.get("element", elements.get(name, "")),
            str(stream["element_bits"]),
            f"{stream['order']}, the last named changing fastest",
        ]
        for name, stream in manifest["streams"].items()
    ]


def order_of_work(plan: CorePlan) -> str:
    """In which order beats come in a block."""
    config = plan.config
    block = tokens(config.rows)
    match config.dataflow:
        case "output_stationary":
            sent = "replayed" if config.buffers.activations else "sent again"
            order = (
                "Outputs come tile by tile: for each of `m_tiles` tiles the `n_tiles` activation beats are "
                f"{sent}, each met by {key_beats(plan)}, and one result beat ends the tile."
            )
        case "table_stationary":
            order = (
                "Activations come once: each of `n_tiles` activation beats stays in the tables while the key "
                "beats of all `m_tiles` tiles of outputs pass. The last activation beat completes `m_tiles` "
                "result beats."
            )
        case unknown:
            assert_never(unknown)
    rest = (
        ""
        if config.rows == 1
        else f" A last block of fewer than {config.rows} tokens is filled up with rows of zero activations, "
        "whose results are to be dropped."
    )
    filled = "zero weights" if plan.code.first_index or not plan.keys_name_groups else "keys of 0"
    return (
        f"A block is {block}. {order} `tlast` marks a block's last result. N and M that are no multiples of "
        f"a tile are filled up with zeros: zero activations, {filled}.{rest} The next block may follow "
        f"at once, with other tile counts.{scale_places(plan)}"
    )


def key_beats(plan: CorePlan) -> str:
    """What goes with a beat of activations."""
    planes = plan.config.weight_bits
    return "one key beat" if planes == 1 else f"{planes} key beats, one a plane, the highest first"


def keys(plan: CorePlan) -> str:
    """The key code."""
    if plan.config.packs_keys:
        return packing(plan.config)
    if not plan.keys_name_groups:
        return f"A weight is {plan.key_width} bits: -1, 0 or 1 as {key_number(plan)}."
    size = plan.config.group_size
    code = plan.code
    last, width, first = code.last_index, code.key_width, code.first_index
    if size == 1:
        magnitude = " above its magnitude" if first else ""
        lead = f"{planes_of(plan)}A key is one weight: its sign{magnitude}."
    else:
        lead = (
            f"{planes_of(plan)}A key stands for {size} weights w0 … w{size - 1} of one output, those of "
            f"{size} neighbouring activations. With t = {value_of(size)} it is {index_of(plan)}."
        )
    shown = sorted({0, 1, 2, 3, last - 1, last} & set(range(last + 1)))
    rows = []
    for index in shown:
        for negative in (False, True) if index >= first and code.signed else (False,):
            group = [-w if negative else w for w in code.selected[index]]
            pattern = index | negative << (width - 1)
            rows.append([", ".join(f"{w:+d}" if w else "0" for w in group), f"`{pattern:0{width}b}`"])
    signs = ", and a sign above index 0," if code.signed else ""
    rest = f" Indices above {last}{signs} must not come." if first or not code.signed else ""
    return f"{lead}{rest}\n\n{table(['weights', 'key'], rows)}"


def planes_of(plan: CorePlan) -> str:
    """What weights of several bits are, in sentences; nothing of those of one."""
    planes = plan.config.weight_bits
    if planes == 1:
        return ""
    largest = (1 << planes) - 1
    sum_of_planes = " + ".join(f"{1 << i}·b{i}" if i else "b0" for i in reversed(range(planes)))
    return (
        f"A weight is {sum_of_planes} of {planes} planes of -1 and 1: the odd integers from {-largest} to "
        f"{largest}. Planes are coded each by itself, and what follows is of the weights of one. "
    )


def index_of(plan: CorePlan) -> str:
    """The key of a group of weights by their value t."""
    code = plan.code
    values = ", ".join(str(value_of_weights(group)) for group in code.selected)
    if plan.config.alphabet == TERNARY:
        return "the sign, t < 0, above |t|" if code.signed else f"t modulo {code.groups}"
    if code.signed:
        return f"the sign, t < 0, above the place of |t| (from 0) among {values}"
    return f"the place of t (from 0) among {values}"


def key_number(plan: CorePlan) -> str:
    return "two's complement" if plan.config.datapath is None else plan.config.activation


def value_of(size: int) -> str:
    terms = [f"{3 ** (size - 1 - i)}·w{i}" if i < size - 1 else f"w{i}" for i in range(size)]
    return " + ".join(terms)


def filling(plan: FillPlan) -> str:
    """How long tables that are memories take."""
    taken = (
        f"A table is filled in {plan.cycles} cycles, in which its activations are offered; the last takes "
        "them."
    )
    if plan.banks > 1:
        return (
            f"{taken} Another table is read meanwhile, so that a block takes `n_tiles` · max(`m_tiles`, "
            f"{plan.cycles}) cycles when no stream hesitates."
        )
    return (
        f"{taken} The first of them may be the last in which the table before is read, so that a block takes "
        f"`n_tiles` · (`m_tiles` + {plan.cycles - 1}) cycles when no stream hesitates."
    )


def throughput(plan: CorePlan) -> str:
    """Cycles of a block."""
    steps = "`n_tiles` · `m_tiles`"
    match plan.config.dataflow:
        case "output_stationary":
            if plan.config.weight_bits > 1:
                steps = f"{steps} · {plan.config.weight_bits}"
            pause = f"After each result come {plan.pause_cycles} cycles in which its partial sums are merged."
        case "table_stationary":
            if plan.accumulator_stages > 1:
                steps = f"`n_tiles` · max(`m_tiles`, {plan.accumulator_stages})"
            pause = f"After a block come {plan.pause_cycles} cycles in which the accumulators finish."
        case unknown:
            assert_never(unknown)
    if not plan.pause_cycles:
        pause = "The next block follows without a gap."
    if plan.filling is not None:
        return f"{filling(plan.filling)} {pause}"
    return f"A block takes {steps} cycles when no stream hesitates: one key beat a cycle. {pause}"
