"""The plan of a core: its widths, and where its registers sit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

from generator.plan.datapath import Datapath, datapath_of
from generator.plan.filling import FillPlan
from generator.plan.merge import MergePlan
from generator.plan.ranges import Range
from generator.plan.widths import WidthPlan
from generator.table_store import fills_memories


@dataclass(frozen=True)
class CorePlan(WidthPlan):
    """Everything that is built of a ``CoreConfig``: its widths, and the cycles that each part takes."""

    @cached_property
    def filling(self) -> FillPlan | None:
        """How tables are filled, where that takes several cycles."""
        config = self.config
        if not fills_memories(config.table_store):
            return None
        zeros = self.reads_memories and bool(self.code.first_index)
        return FillPlan(config.alphabet, config.group_size, config.symmetry, zeros, config.table_banks)

    @property
    def fill_cycles(self) -> int:
        """F: cycles in which a table is filled one entry after the other, 0 where all are made at once."""
        return 0 if self.filling is None else self.filling.cycles

    @property
    def fill_width(self) -> int:
        """Bits of the sum in which a table's entries are made one after the other."""
        assert self.filling is not None
        sums = Range(0, 0)
        for digits in {step.digits for step in self.filling.steps}:
            sums = sums | self.table.range_of(digits)
        return sums.width

    @property
    def stored_sums(self) -> int:
        """Partial sums of a column that wait outside its accumulator."""
        return max(0, self.partial_sums - self.accumulator_stages)

    @property
    def slot_width(self) -> int:
        """Bits of the address of a stored sum."""
        return (self.stored_sums - 1).bit_length()

    @cached_property
    def datapath(self) -> Datapath:
        """What activations are added with: the kind of number, and its floating-point units."""
        return datapath_of(self.config, self.sum_range.width)

    @property
    def float_stages(self) -> int:
        """Cycles that a floating-point adder, multiplier or converter takes; 0: none."""
        return self.config.pipeline.float_stages

    @property
    def registers_activations(self) -> bool:
        """Whether tables begin with registers."""
        if self.filling is not None or self.receives_entries:
            return False
        chosen = self.config.pipeline.table == "activations"
        return chosen or not (self.registers_entries or self.table_unit_stages)

    @property
    def registers_entries(self) -> bool:
        """Whether tables end in registers of their own; pipelined float adders bring theirs."""
        if self.filling is not None or self.receives_entries:
            return True
        adds = self.config.group_size > 1 and not (self.adds_floats and self.float_stages)
        return self.config.pipeline.table == "entries" and adds

    @property
    def table_unit_stages(self) -> int:
        """Register stages inside a table's floating-point units: levels of adders, or one of converters."""
        if self.multiplies_floats or self.receives_entries:
            return 0
        match self.config.number_kind:
            case "integer":
                return 0
            case "native":
                return self.float_stages * self.table.depth
            case "exact" | "aligned":
                return self.float_stages
            case unknown:
                assert_never(unknown)

    @property
    def scale_stages(self) -> int:
        """Cycles in which the largest exponent of a tile is found, while its activations wait."""
        return self.float_stages if self.exponent_width and not self.receives_entries else 0

    @property
    def table_stages(self) -> int:
        """Register stages from the activation stream to the fetches."""
        registers = int(self.registers_activations) + int(self.registers_entries)
        return self.scale_stages + self.table_unit_stages + registers

    @property
    def arriving_stages(self) -> int:
        """Register stages of a tile's counts beside the tables', behind those that count."""
        return self.table_stages - 1

    @property
    def table_register_bits(self) -> int:
        """Bits of one table's registers, those inside floating-point units left out."""
        if self.filling is not None:
            words = self.filling.words * self.leaf_width
            banks = self.config.table_banks * self.table.entry_bits
            return self.fill_width + (words if self.reads_memories else banks)
        if self.receives_entries:
            return self.table_bits
        waits, stages = self.table.waits, self.level_stages
        waiting = sum(waits[made.index] * stages * made.range.width for made in self.table.sums)
        activations = self.config.group_size * self.activation_width if self.registers_activations else 0
        return activations + waiting + (self.table_bits if self.registers_entries else 0)

    @property
    def multiplies_integers(self) -> bool:
        """Whether what is fetched are products of integers, whose rows are added one after the other."""
        return self.fetch_circuit == "product" and not self.multiplies_floats

    @property
    def product_stages(self) -> int:
        """Register stages inside a fetch that multiplies floats, and converts them for ``exact``."""
        if not self.multiplies_floats:
            return 0
        match self.config.number_kind:
            case "integer" | "native" | "aligned":
                return self.float_stages
            case "exact":
                return 2 * self.float_stages
            case unknown:
                assert_never(unknown)

    @property
    def level_stages(self) -> int:
        """Cycles that a level of the reduction takes, besides those of ``reduction_every``."""
        return self.float_stages if self.adds_floats else 0

    @property
    def tile_stages(self) -> int:
        """Cycles in which an ``aligned`` tile's sum becomes a float."""
        return self.float_stages if self.exponent_width else 0

    @property
    def registers_fetched(self) -> bool:
        """Whether there is a register between the fetches and the reduction."""
        return bool(self.config.pipeline.fetch or self.product_stages)

    @property
    def pipeline_stages(self) -> int:
        """Register stages between the table's last and the accumulator."""
        reduction = self.reduction.depth * self.level_stages + len(self.reduction.registered_levels)
        return self.product_stages + int(self.config.pipeline.fetch) + reduction + self.tile_stages

    @property
    def fetch_stage(self) -> int:
        """Which of the pipeline's stages, counted from 0, is behind the fetch."""
        return self.product_stages

    def level_stage(self, level: int) -> int:
        """Which of the pipeline's stages is the first behind a ``level`` of the reduction, counted from 1."""
        registered = sum(each < level for each in self.reduction.registered_levels)
        return (
            self.fetch_stage + int(self.config.pipeline.fetch) + (level - 1) * self.level_stages + registered
        )

    @property
    def load_width(self) -> int:
        """Bits of what the sequencer tells tables: enables of their stages; or whether they take a step of
        filling, which bank is read, and the step's number."""
        if self.filling is not None:
            return self.filling.banks + self.filling.step_width
        return self.enables(self.table_stages)

    def enables(self, stages: int) -> int:
        """Enables of the registers of so many stages: one for all, or one each where clocks are gated."""
        return stages if self.config.clock_gating else 1

    @property
    def pipelines_accumulator(self) -> bool:
        """Whether the accumulator is the last register of a pipelined float adder."""
        return self.config.accumulator_format is not None and self.float_stages > 0

    @property
    def accumulator_stages(self) -> int:
        """P: cycles in which the accumulator adds; as many partial sums are under way at a time."""
        return self.float_stages if self.pipelines_accumulator else 1

    @property
    def joining_stages(self) -> int:
        """Cycles of an adder that adds this core's results to another's, its register included."""
        return max(1, self.float_stages) if self.config.accumulator_format is not None else 1

    @cached_property
    def merge(self) -> MergePlan:
        """How a finished result is made of its partial sums; table-stationary there is always one."""
        match self.config.dataflow:
            case "output_stationary":
                return MergePlan(self.accumulator_stages)
            case "table_stationary":
                return MergePlan(1)
            case unknown:
                assert_never(unknown)

    @property
    def pause_cycles(self) -> int:
        """Cycles without a tile after each result, or table-stationary after each block of tokens."""
        match self.config.dataflow:
            case "output_stationary":
                return self.merge.steps
            case "table_stationary":
                return self.accumulator_stages - 1
            case unknown:
                assert_never(unknown)

    @property
    def result_stages(self) -> int:
        """Cycles in which an ``exact`` sum becomes a float."""
        match self.config.number_kind:
            case "integer" | "native" | "aligned":
                return 0
            case "exact":
                return self.float_stages if self.rounds_sums else 0
            case unknown:
                assert_never(unknown)

    @property
    def finishing_cycles(self) -> int:
        """Cycles from a result's last sum to the result, but for those in which columns are scaled."""
        scaling = 0 if self.scaler is None else self.scaler.cycles - self.scaler.steps
        return 1 + self.pause_cycles + self.result_stages + scaling

    @property
    def latency_cycles(self) -> int:
        """Clock edges from an accepted activation to its result, when its key waits and nobody stalls."""
        return self.table_stages + self.pipeline_stages + self.finishing_cycles + self.scale_steps
