"""How a layer runs on a core: tiles, beats and cycles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from generator.errors import WorkloadError
from generator.plan.core import CorePlan


@dataclass(frozen=True)
class Tiling:
    """A layer cut into tiles: every block of R tokens takes n_tiles · slots · planes steps.

    A block's activations come ``restreams`` times: for every tile of outputs, or once where tables are held.
    ``slots`` is m_tiles, or table-stationary the accumulator's latency where that is more: no sum is added to
    before it is there. After every ``burst`` steps come ``pause_cycles`` without one, for sums that are
    finished or tables that are filled.
    """

    n_tiles: int
    m_tiles: int
    planes: int
    blocks: int
    restreams: int
    slots: int
    burst: int
    pause_cycles: int
    latency_cycles: int

    @classmethod
    def of(cls, plan: CorePlan, length: int, outputs: int, tokens: int = 1) -> Tiling:
        """How a layer of N = ``length`` by M = ``outputs`` runs for ``tokens`` tokens on a core.

        Raises ``WorkloadError`` where the layer is beyond what the core was built for.
        """
        config, layer = plan.config, f"layer {length}x{outputs}"
        if min(length, outputs, tokens) < 1:
            raise WorkloadError(f"{layer}, {tokens} tokens: each must be at least 1")
        if length > config.max_reduction:
            raise WorkloadError(
                f"{layer}: N = {length} is beyond the core's max_reduction = {config.max_reduction}"
            )
        m_tiles = -(-outputs // plan.columns)
        if config.outputs is not None and m_tiles > plan.partial_sums:
            raise WorkloadError(f"{layer}: M = {outputs} is beyond the core's outputs = {plan.most_outputs}")
        if m_tiles >= 1 << plan.m_tiles_width:
            most = (1 << plan.m_tiles_width) - 1
            raise WorkloadError(f"{layer}: M needs {m_tiles} tiles, {most} is the most")
        n_tiles = plan.tiles_of(length)
        match config.dataflow:
            case "output_stationary":
                restreams, slots, burst = m_tiles, m_tiles, n_tiles * config.weight_bits
            case "table_stationary":
                restreams, slots = 1, max(m_tiles, plan.accumulator_stages)
                burst = n_tiles * slots if plan.filling is None else slots
            case unknown:
                assert_never(unknown)
        return cls(
            n_tiles=n_tiles,
            m_tiles=m_tiles,
            planes=config.weight_bits,
            blocks=-(-tokens // config.rows),
            restreams=restreams,
            slots=slots,
            burst=burst,
            pause_cycles=plan.pause_cycles if plan.filling is None else plan.filling.waits(slots),
            latency_cycles=plan.latency_cycles,
        )

    @property
    def steps(self) -> int:
        return self.blocks * self.n_tiles * self.slots * self.planes

    @property
    def key_beats(self) -> int:
        return self.blocks * self.block_keys

    @property
    def block_keys(self) -> int:
        """Beats of keys of a block of tokens."""
        return self.n_tiles * self.m_tiles * self.planes

    @property
    def activation_beats(self) -> int:
        return self.blocks * self.n_tiles * self.restreams

    @property
    def cycles(self) -> int:
        """Clock cycles from the first accepted activation to the last result, when nobody stalls."""
        pauses = self.pause_cycles * (self.steps // self.burst - 1)
        return self.steps - (self.slots - self.m_tiles) + pauses + self.latency_cycles
