"""What is built, independent of any HDL: which adder makes which entry, every width, every register.

The RTL is built from a plan, the numpy reference evaluates it, the cost model prices it. Widths come from
exact interval analysis: of every value the plan knows the least and the greatest that can occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.formats import Float, Integer
from generator.keys import digits_of, entry_count, index_of, index_width, key_width

TILE_COUNT_WIDTH = 16
"""Bits of ``m_tiles`` where nothing on chip limits it (output-stationary)."""


@dataclass(frozen=True)
class Range:
    """The closed interval of the values a signal can take."""

    low: int
    high: int

    @cached_property
    def width(self) -> int:
        """Bits of two's complement that hold the interval."""
        return 1 + max((bound if bound >= 0 else ~bound).bit_length() for bound in (self.low, self.high))

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __invert__(self) -> Range:
        return Range(~self.high, ~self.low)

    def __or__(self, other: Range) -> Range:
        """The smallest interval that holds both."""
        return Range(min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class FloatRange(Range):
    """What a float of ``bits`` bits can be: whatever is added to it, it stays one. Bounds mean nothing."""

    bits: int

    @property
    def width(self) -> int:
        return self.bits

    def __add__(self, other: Range) -> Range:
        return self

    def __neg__(self) -> Range:
        return self

    def __invert__(self) -> Range:
        return self

    def __or__(self, other: Range) -> Range:
        return self


@dataclass(frozen=True)
class Entry:
    """A stored entry: the digits' combination of a group's activations.

    An entry with one non-zero digit is activation ``left`` itself (``right`` is None). Any other is the sum
    of entries ``left`` and ``right``, or their difference where ``subtract`` is true; the two have disjoint
    halves of the support.
    """

    index: int
    digits: tuple[int, ...]
    left: int
    right: int | None
    subtract: bool
    range: Range

    @property
    def depth(self) -> int:
        """Additions between an activation and this entry."""
        return (sum(map(abs, self.digits)) - 1).bit_length()


@dataclass(frozen=True)
class TablePlan:
    """How µ activations become the (3^µ - 1)/2 entries, with one addition for each that needs one."""

    group_size: int
    activation: Range

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Entries 1 … (3^µ - 1)/2 by index, so that ``entries[i - 1]`` is entry i."""
        made: dict[int, Entry] = {}
        for index in self.build_order:
            digits = digits_of(index, self.group_size)
            support = [position for position, digit in enumerate(digits) if digit]
            if len(support) == 1:
                made[index] = Entry(index, digits, support[0], None, False, self.activation)
                continue
            half = (len(support) + 1) // 2
            left = index_of(tuple(d if i in support[:half] else 0 for i, d in enumerate(digits)))
            right = index_of(tuple(d if i in support[half:] else 0 for i, d in enumerate(digits)))
            subtract = right < 0
            a, b = made[left].range, made[abs(right)].range
            made[index] = Entry(index, digits, left, abs(right), subtract, a + (-b if subtract else b))
        return tuple(made[index] for index in sorted(made))

    @property
    def build_order(self) -> list[int]:
        """Indices with fewer non-zero digits first, so that an entry follows both of its operands."""
        indices = range(1, entry_count(self.group_size) + 1)
        return sorted(indices, key=lambda index: sum(map(abs, digits_of(index, self.group_size))))

    @property
    def adders(self) -> int:
        return entry_count(self.group_size) - self.group_size

    @property
    def depth(self) -> int:
        """Additions on the longest path, ceil(log2 µ)."""
        return (self.group_size - 1).bit_length()

    @cached_property
    def widest(self) -> int:
        """Bits of the widest entry."""
        return max(entry.range.width for entry in self.entries)

    @cached_property
    def entry_bits(self) -> int:
        """Bits of all entries of one table."""
        return sum(entry.range.width for entry in self.entries)


@dataclass(frozen=True)
class Value:
    """What a value in the reduction can be, with one sign bit still to be added: the true sum is value +
    pending.

    ``when[s]`` is the value's range while the pending bit is s, ``total`` that of value + pending.
    """

    when: tuple[Range, Range]
    total: Range
    width: int


@dataclass(frozen=True)
class Node:
    """A ``value`` of the reduction. A leaf has no operands.

    A node adds ``left``, ``right`` and the pending bit of ``left``, and hands on the pending bit of
    ``right``, so that every adder takes exactly one sign bit as its carry-in.
    """

    level: int
    left: int | None
    right: int | None
    value: Value

    @property
    def width(self) -> int:
        return self.value.width


@dataclass(frozen=True)
class ReductionPlan:
    """The balanced tree over a column's L fetched values: L - 1 adders, then the accumulator's.

    ``leaf`` holds the ranges of a fetched value while its sign bit is 0 and 1. ``signed`` is false where
    leaves come without sign bits (products of real multipliers).
    """

    leaves: int
    leaf: tuple[Range, Range]
    signed: bool
    register_every: int
    width_limit: int

    @cached_property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """Indices into ``nodes`` of what is alive after each level; level 0 holds the leaves."""
        return self._build[1]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        return self._build[0]

    @cached_property
    def _build(self) -> tuple[tuple[Node, ...], tuple[tuple[int, ...], ...]]:
        nodes = [Node(0, None, None, self._value(self.leaf))] * self.leaves
        levels = [tuple(range(self.leaves))]
        while len(levels[-1]) > 1:
            alive, level = levels[-1], len(levels)
            after = []
            # Most sums of a level are of the same two values.
            sums: dict[tuple[int, int], Value] = {}
            for a, b in zip(alive[::2], alive[1::2], strict=False):
                left, right = nodes[a].value, nodes[b].value
                key = id(left), id(right)
                if key not in sums:
                    sums[key] = self._value((left.total + right.when[0], left.total + right.when[1]))
                after.append(len(nodes))
                nodes.append(Node(level, a, b, sums[key]))
            levels.append((*after, *alive[len(alive) // 2 * 2 :]))
        return tuple(nodes), tuple(levels)

    def _value(self, when: tuple[Range, Range]) -> Value:
        carry = Range(1, 1) if self.signed else Range(0, 0)
        width = min((when[0] | when[1]).width, self.width_limit)
        return Value(when, when[0] | (when[1] + carry), width)

    @property
    def root(self) -> Node:
        return self.nodes[-1]

    @property
    def depth(self) -> int:
        return (self.leaves - 1).bit_length()

    @property
    def registered_levels(self) -> tuple[int, ...]:
        """Levels with a register behind them."""
        every = self.register_every
        return tuple(level for level in range(1, self.depth + 1) if every and level % every == 0)

    @property
    def register_bits(self) -> int:
        """Pipeline register bits of one tree: values and pending signs alive behind registered levels."""
        alive = [self.nodes[i] for level in self.registered_levels for i in self.levels[level]]
        return sum(node.width + self.signed for node in alive)


@dataclass(frozen=True)
class MergePlan:
    """How interleaved partial sums become one, by the adder that made them, whose latency is their number.

    The adder goes round a ring of ``sums`` partial sums. In every step one of them comes out of it, and is
    captured or added to the captured one; a merged sum comes out again ``sums`` steps later. So neighbours
    are added in pairs, and pairs of pairs, as they come.
    """

    sums: int

    @cached_property
    def captures(self) -> tuple[int, ...]:
        """Steps in which the sum that comes out is captured."""
        return tuple(step for step, merges in self._schedule if not merges)

    @cached_property
    def merges(self) -> tuple[int, ...]:
        """Steps in which the sum that comes out and the captured one are added."""
        return tuple(step for step, merges in self._schedule if merges)

    @property
    def steps(self) -> int:
        """Steps until the one sum comes out; 0 if it does at once."""
        return self.merges[-1] + self.sums if self.merges else 0

    @cached_property
    def _schedule(self) -> tuple[tuple[int, bool], ...]:
        alive, schedule, captured, step = set(range(self.sums)), [], False, 0
        while len(alive) > 1 or captured:
            position = step % self.sums
            if position in alive:
                schedule.append((step, captured))
                if not captured:
                    alive.remove(position)
                captured = not captured
            step += 1
        return tuple(schedule)


@dataclass(frozen=True)
class CorePlan:
    """Everything derived from a ``CoreConfig``."""

    config: CoreConfig

    @cached_property
    def activation_range(self) -> Range:
        """What an activation is inside.

        Itself, but for ``exact`` the units of the smallest subnormal, for ``aligned`` those of the tile's
        scale.
        """
        number, bits = self.config.format, self.config.aligned_bits
        if self.config.datapath == "native":
            return FloatRange(0, 0, number.bits)
        if isinstance(number, Integer):
            return Range(number.minimum, number.maximum)
        if bits is not None:
            precision, limit = number.mantissa + 1, 1 << (bits - 1)
            # A significand that keeps all its bits does not reach the limit; one that is cut rounds up to it.
            if bits > precision:
                limit = ((1 << precision) - 1) << (bits - 1 - precision)
            return Range(-limit, min(limit, (1 << (bits - 1)) - 1))
        return Range(-number.largest_steps, number.largest_steps)

    @property
    def activation_width(self) -> int:
        return self.config.format.bits

    @property
    def format_name(self) -> str:
        """The activation format, and what is done with it, in a module's name."""
        config = self.config
        cut = "t" if config.rounding == "truncate" else ""
        bits = f"{config.aligned_bits}{cut}" if config.aligned_bits else ""
        datapath = f"_{config.datapath}{bits}" if config.datapath else ""
        return config.activation + ("s" if config.symmetric else "") + datapath

    @property
    def name(self) -> str:
        """A name for the core's own modules: its main parameters, and a digest of all of them."""
        config = self.config
        group = f"mu{config.group_size}_" if config.architecture == "lut" else ""
        rows = f"x{config.rows}" if config.rows > 1 else ""
        shape = f"{config.tables}x{config.columns}{rows}"
        return f"{config.architecture}_{group}{self.format_name}_{shape}_{config.digest[:6]}"

    @cached_property
    def table(self) -> TablePlan:
        raw = self.multiplies_floats
        held = FloatRange(0, 0, self.activation_width) if raw else self.activation_range
        return TablePlan(self.config.group_size, held)

    @property
    def multiplies_floats(self) -> bool:
        """Whether activations stay floats until they have been multiplied."""
        return self.config.architecture == "multiplier" and self.config.datapath in ("native", "exact")

    @property
    def tracks_invalid(self) -> bool:
        """Whether an infinity or a NaN travels as a bit beside the numbers, and out as ``invalid``."""
        return self.config.datapath in ("exact", "aligned")

    @property
    def exponent_width(self) -> int:
        """Bits of the exponent that goes with each row of a tile; 0 where there is none."""
        number = self.config.format
        return number.exponent if self.config.datapath == "aligned" and isinstance(number, Float) else 0

    @property
    def table_bits(self) -> int:
        """Bits that a table hands to the fetches: its entries, and above them which of them are invalid."""
        marks = len(self.table.entries) if self.tracks_invalid and not self.multiplies_floats else 0
        return self.table.entry_bits + marks

    @property
    def key_width(self) -> int:
        """Bits of one key: the key code's, or for ``multiplier`` a weight as wide as what it multiplies."""
        if self.config.architecture == "multiplier":
            return self.activation_width if self.multiplies_floats else self.activation_range.width
        return key_width(self.config.group_size)

    @property
    def index_width(self) -> int:
        return index_width(self.config.group_size)

    @property
    def bits_per_weight(self) -> float:
        """Bits of key stream that one weight costs."""
        return self.key_width / self.config.group_size

    @cached_property
    def fetched(self) -> tuple[Range, Range]:
        """Ranges of a fetched value without and with the sign: an entry or nothing, and one's complements."""
        zero = Range(0, 0)
        if self.config.datapath == "native" or self.multiplies_floats:
            return self.activation_range, self.activation_range
        if self.config.architecture == "multiplier":
            low, high = self.activation_range.low, self.activation_range.high
            product = Range(low * high, max(low * low, high * high))
            return product, product
        entries = zero
        for entry in self.table.entries:
            entries = entries | entry.range
        return entries, ~entries

    @property
    def fetched_width(self) -> int:
        """Bits of a fetched value; a product needs no more than the sum, modulo 2^width."""
        return min((self.fetched[0] | self.fetched[1]).width, self.sum_range.width)

    @property
    def leaf_width(self) -> int:
        """Bits of a fetched value with the bit that says whether it is invalid."""
        return self.fetched_width + self.tracks_invalid

    @cached_property
    def sum_range(self) -> Range:
        """What is added up exactly: N_max activations, for ``aligned`` a tile's, each taken or negated."""
        if self.config.datapath == "native":
            return self.activation_range
        terms = self.config.tile_length if self.exponent_width else self.config.max_reduction
        magnitude = terms * -self.activation_range.low
        return Range(-magnitude, magnitude)

    @property
    def accumulator_width(self) -> int:
        number = self.config.accumulator_format
        return self.sum_range.width if number is None else number.bits

    @property
    def state_width(self) -> int:
        """Bits of a partial sum with the bit that says whether it is invalid."""
        return self.accumulator_width + self.tracks_invalid

    @property
    def value_width(self) -> int:
        """Bits of the number in a result: an exact integer, or a float."""
        return self.config.format.bits if self.config.datapath == "exact" else self.accumulator_width

    @property
    def result_width(self) -> int:
        """Bits of a result: its number and, above it, ``invalid`` if the datapath has that."""
        return self.value_width + self.tracks_invalid

    @cached_property
    def reduction(self) -> ReductionPlan:
        return ReductionPlan(
            self.config.tables,
            self.fetched,
            self.carries_signs,
            self.config.pipeline.reduction_every,
            self.sum_range.width,
        )

    @property
    def partial_sums(self) -> int:
        """Partial sums a column keeps, its accumulator among them."""
        return 1 if self.config.outputs is None else -(-self.config.outputs // self.config.columns)

    @property
    def stored_sums(self) -> int:
        """Partial sums of a column that wait outside its accumulator."""
        return max(0, self.partial_sums - self.accumulator_stages)

    @property
    def slot_width(self) -> int:
        """Bits of the address of a stored sum."""
        return (self.stored_sums - 1).bit_length()

    @property
    def signed_keys(self) -> bool:
        """Whether a key's top bit is a sign."""
        return self.config.architecture != "multiplier"

    @property
    def carries_signs(self) -> bool:
        """Whether the reduction adds a key's sign as a carry-in; a float is negated without one."""
        return self.signed_keys and self.config.datapath != "native"

    @property
    def float_stages(self) -> int:
        """Cycles that a floating-point adder, multiplier or converter takes; 0: none."""
        return self.config.pipeline.float_stages

    @property
    def registers_activations(self) -> bool:
        """Whether tables begin with registers."""
        chosen = self.config.pipeline.table == "activations"
        return chosen or not (self.registers_entries or self.table_unit_stages)

    @property
    def registers_entries(self) -> bool:
        """Whether tables end in registers of their own; pipelined float adders bring theirs."""
        adds = self.config.group_size > 1 and not (self.config.datapath == "native" and self.float_stages)
        return self.config.pipeline.table == "entries" and adds

    @property
    def table_unit_stages(self) -> int:
        """Register stages inside a table's floating-point units: levels of adders, or one of converters."""
        if self.multiplies_floats or self.config.datapath is None:
            return 0
        return self.float_stages * (self.table.depth if self.config.datapath == "native" else 1)

    @property
    def scale_stages(self) -> int:
        """Cycles in which the largest exponent of a tile is found, while its activations wait."""
        return self.float_stages if self.exponent_width else 0

    @property
    def table_stages(self) -> int:
        """Register stages from the activation stream to the fetches."""
        own = int(self.registers_activations) + int(self.registers_entries)
        return self.scale_stages + self.table_unit_stages + own

    @property
    def arriving_stages(self) -> int:
        """Register stages of a tile's counts beside the tables', behind those that count."""
        return self.table_stages - 1

    @property
    def table_register_bits(self) -> int:
        """Bits of one table's registers, those inside floating-point units left out."""
        depth, stages = self.table.depth, self.level_stages
        waiting = sum((depth - entry.depth) * stages * entry.range.width for entry in self.table.entries)
        activations = self.config.group_size * self.activation_width if self.registers_activations else 0
        return activations + waiting + (self.table_bits if self.registers_entries else 0)

    @property
    def product_stages(self) -> int:
        """Register stages inside a fetch that multiplies floats, and converts them for ``exact``."""
        if not self.multiplies_floats:
            return 0
        return self.float_stages * (2 if self.config.datapath == "exact" else 1)

    @property
    def level_stages(self) -> int:
        """Cycles that a level of the reduction takes, besides those of ``reduction_every``."""
        return self.float_stages if self.config.datapath == "native" else 0

    @property
    def tile_stages(self) -> int:
        """Cycles in which an ``aligned`` tile's sum becomes a float."""
        return self.float_stages if self.exponent_width else 0

    @property
    def pipeline_stages(self) -> int:
        """Register stages between the table's last and the accumulator."""
        reduction = self.reduction.depth * self.level_stages + len(self.reduction.registered_levels)
        return self.product_stages + int(self.config.pipeline.fetch) + reduction + self.tile_stages

    @property
    def pipelines_accumulator(self) -> bool:
        """Whether the accumulator is the last register of a pipelined float adder."""
        return self.config.accumulator_format is not None and self.float_stages > 0

    @property
    def accumulator_stages(self) -> int:
        """P: cycles in which the accumulator adds; as many partial sums are under way at a time."""
        return self.float_stages if self.pipelines_accumulator else 1

    @cached_property
    def merge(self) -> MergePlan:
        """How a finished result is made of its partial sums; table-stationary there is always one."""
        return MergePlan(self.accumulator_stages if self.config.dataflow == "output_stationary" else 1)

    @property
    def pause_cycles(self) -> int:
        """Cycles without a tile after each result, or table-stationary after each block of tokens."""
        held = self.config.dataflow == "table_stationary"
        return self.accumulator_stages - 1 if held else self.merge.steps

    @property
    def result_stages(self) -> int:
        """Cycles in which an ``exact`` sum becomes a float."""
        return self.float_stages if self.config.datapath == "exact" else 0

    @property
    def finishing_cycles(self) -> int:
        """Cycles from a result's last sum to the result."""
        return 1 + self.pause_cycles + self.result_stages

    @property
    def latency_cycles(self) -> int:
        """Clock edges from an accepted activation to its result, when its key waits and nobody stalls."""
        return self.table_stages + self.pipeline_stages + self.finishing_cycles

    @property
    def activation_beat_bits(self) -> int:
        return self.config.rows * self.config.tile_length * self.activation_width

    @property
    def key_beat_bits(self) -> int:
        return self.config.columns * self.config.tables * self.key_width

    @property
    def result_beat_bits(self) -> int:
        return self.config.rows * self.config.columns * self.result_width

    @property
    def max_n_tiles(self) -> int:
        return -(-self.config.max_reduction // self.config.tile_length)

    @property
    def n_tiles_width(self) -> int:
        return self.max_n_tiles.bit_length()

    @property
    def m_tiles_width(self) -> int:
        return TILE_COUNT_WIDTH if self.config.outputs is None else self.partial_sums.bit_length()

    @property
    def macs_per_cycle(self) -> int:
        """Ternary multiply-accumulates of one step."""
        return self.config.rows * self.config.columns * self.config.tile_length

    def tiling(self, length: int, outputs: int, tokens: int = 1) -> Tiling:
        """How a layer of N = ``length`` by M = ``outputs`` runs for ``tokens`` tokens.

        Raises ``WorkloadError`` where the layer is beyond what the core was built for.
        """
        if min(length, outputs, tokens) < 1:
            raise WorkloadError(f"layer {length}x{outputs}, {tokens} tokens: each must be at least 1")
        if length > self.config.max_reduction:
            raise WorkloadError(
                f"layer {length}x{outputs}: N = {length} is beyond the core's max_reduction = "
                f"{self.config.max_reduction}"
            )
        m_tiles = -(-outputs // self.config.columns)
        if self.config.outputs is not None and m_tiles > self.partial_sums:
            raise WorkloadError(
                f"layer {length}x{outputs}: M = {outputs} is beyond the core's outputs = "
                f"{self.config.outputs}"
            )
        if m_tiles >= 1 << self.m_tiles_width:
            most = (1 << self.m_tiles_width) - 1
            raise WorkloadError(f"layer {length}x{outputs}: M needs {m_tiles} tiles, {most} is the most")
        n_tiles = -(-length // self.config.tile_length)
        held = self.config.dataflow == "table_stationary"
        slots = max(m_tiles, self.accumulator_stages) if held else m_tiles
        return Tiling(
            n_tiles=n_tiles,
            m_tiles=m_tiles,
            blocks=-(-tokens // self.config.rows),
            restreams=1 if held else m_tiles,
            slots=slots,
            burst=n_tiles * slots if held else n_tiles,
            pause_cycles=self.pause_cycles,
            latency_cycles=self.latency_cycles,
        )


def float_of(plan: CorePlan) -> Float:
    """The activations' format, where it is known to be floating point."""
    number = plan.config.format
    assert isinstance(number, Float)
    return number


@dataclass(frozen=True)
class Tiling:
    """A layer cut into tiles: every block of R tokens takes n_tiles · slots steps.

    A block's activations come ``restreams`` times: for every tile of outputs, or once where tables are held.
    ``slots`` is m_tiles, or table-stationary the accumulator's latency where that is more: no sum is added to
    before it is there. After every ``burst`` steps come ``pause_cycles`` without one.
    """

    n_tiles: int
    m_tiles: int
    blocks: int
    restreams: int
    slots: int
    burst: int
    pause_cycles: int
    latency_cycles: int

    @property
    def steps(self) -> int:
        return self.blocks * self.n_tiles * self.slots

    @property
    def key_beats(self) -> int:
        return self.blocks * self.n_tiles * self.m_tiles

    @property
    def activation_beats(self) -> int:
        return self.blocks * self.n_tiles * self.restreams

    @property
    def cycles(self) -> int:
        """Clock cycles from the first accepted activation to the last result, when nobody stalls."""
        pauses = self.pause_cycles * (self.steps // self.burst - 1)
        return self.steps - (self.slots - self.m_tiles) + pauses + self.latency_cycles


@lru_cache(maxsize=256)
def plan_for(config: CoreConfig) -> CorePlan:
    """The plan of ``config``, made once."""
    return CorePlan(config)
