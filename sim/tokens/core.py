"""Cores without values: tiles that move through ``generator.sequencer``, and results that come out.

In a cycle ``answer`` says, from what is offered, what is taken; ``edge`` ends it.
"""

from __future__ import annotations

from typing import assert_never

from generator.plan import ArrayPlan, CorePlan
from sim.tokens.buffers import Word


class TileCounters:
    """Which tile the tables hold: whether it ends a sum, and when it has been fetched from often enough."""

    def __init__(self, plan: CorePlan) -> None:
        match plan.config.dataflow:
            case "output_stationary":
                self.held = False
            case "table_stationary":
                self.held = True
            case unknown:
                assert_never(unknown)
        self._least = plan.accumulator_stages
        self._planes = self._plane = plan.config.weight_bits
        self._n = self._m = self._slot = 1
        self._counts = Word(1, 1)

    @property
    def idle(self) -> bool:
        """Whether the step is one that only fills up the accumulators' cycles."""
        return self.held and self._slot <= self._slots - self._counts.m_tiles

    @property
    def _slots(self) -> int:
        return max(self._counts.m_tiles, self._least)

    @property
    def ends_sum(self) -> bool:
        return self._n == 1 and self._plane == 1 and not self.idle

    @property
    def ends_block(self) -> bool:
        return self._n == 1 and (self._slot == 1 if self.held else self._m == 1)

    @property
    def releases(self) -> bool:
        """Whether the step is the last that the tile is needed for."""
        return self._slot == 1 if self.held else self._plane == 1

    def load(self, word: Word) -> None:
        """The next tile arrives."""
        begins = self._n == 1 and (self.held or self._m == 1)
        if begins:
            self._counts, self._n, self._m = word, word.n_tiles, word.m_tiles
        elif self._n == 1:
            self._n, self._m = self._counts.n_tiles, self._m - 1
        else:
            self._n -= 1
        self._slot, self._plane = self._slots, self._planes

    def issue(self) -> None:
        if self.held:
            self._slot -= 1
        else:
            self._plane -= 1


class Step:
    """A step on its way: whether it makes a result, and whether the accumulators finish behind it."""

    __slots__ = ("ends", "over")

    def __init__(self, ends: bool, over: bool) -> None:
        self.ends, self.over = ends, over


class CoreTokens:
    """A core, or an array with the tree behind it."""

    def __init__(self, plan: CorePlan) -> None:
        self._inner = plan.core if isinstance(plan, ArrayPlan) else plan
        self._tiles = TileCounters(self._inner)
        self._arriving: list[Word | None] = [None] * self._inner.arriving_stages
        self._loaded = False
        self._filling, self._fill_step = self._inner.filling, 0
        self._pipeline: list[Step | None] = [None] * self._inner.pipeline_stages
        self._pause = self._inner.pause_cycles
        self._pause_left = 0
        held = self._tiles.held
        self._finishing = [False] * (self._inner.accumulator_stages - 1 if held else 0)
        self._held = held
        # The results of one core, on their way through its scaler, too, then the tree's.
        scaler = self._inner.scaler
        behind = self._inner.result_stages + (scaler.cycles if scaler else 0)
        self._results = [False] * (behind + 1)
        self._tree: list[bool] = []
        if isinstance(plan, ArrayPlan) and plan.config.adds_results:
            self._tree = [False] * (plan.joining.cycles + plan.result_stages)

    @property
    def offers_result(self) -> bool:
        return (self._tree or self._results)[-1]

    def answer(self, activation: bool, key: bool, result_ready: bool) -> tuple[bool, bool]:
        """Whether an activation beat would be taken, and whether a key beat; which of them are offered."""
        self._tree_goes = not self._tree or not self._tree[-1] or result_ready
        ready = self._tree_goes if self._tree else result_ready
        self._going = not self._results[-1] or ready
        self._advance = self._going and not self._pause_left
        idle = self._tiles.idle
        can_issue = self._loaded and self._advance
        key_ready = can_issue and not idle
        self._issues = can_issue and (idle or key)
        self._releases = self._issues and self._tiles.releases
        free = not self._loaded or self._releases
        last = self._filling is None or self._fill_step == self._filling.cycles - 1
        alone = self._filling is None or self._filling.banks == 1
        self._fills = activation and (free or not (last or alone))
        return free and last, key_ready

    def edge(self, word: Word | None) -> None:
        """The clock edge; ``word``: the activation beat that was taken."""
        step = Step(self._tiles.ends_sum, self._tiles.ends_block) if self._issues else None
        if self._issues:
            self._tiles.issue()
        accepted = step
        if self._advance and self._pipeline:
            accepted = self._pipeline.pop()
            self._pipeline.insert(0, step)
        elif self._pipeline:
            accepted = None
        self._results_edge(self._accumulate(accepted))
        if self._fills and self._filling is not None:
            self._fill_step = (self._fill_step + 1) % self._filling.cycles
        if self._releases:
            self._loaded = False
        if not self._loaded:
            self._arrive(word)

    def _arrive(self, word: Word | None) -> None:
        self._arriving.insert(0, word)
        arrived = self._arriving.pop()
        if arrived is not None:
            self._tiles.load(arrived)
            self._loaded = True

    def _accumulate(self, accepted: Step | None) -> bool:
        """Whether a result is made."""
        pausing = self._pause_left > 0
        if pausing and self._going:
            self._pause_left -= 1
        made = accepted is not None and accepted.ends
        if self._finishing and (accepted is not None or (pausing and self._going)):
            self._finishing.insert(0, made)
            made = self._finishing.pop()
        elif self._finishing:
            made = False
        if self._pause and accepted is not None and (accepted.over if self._held else accepted.ends):
            self._pause_left = self._pause
        if self._pause and not self._held:
            return pausing and self._going and not self._pause_left
        return made

    def _results_edge(self, made: bool) -> None:
        offered = self._results[-1]
        if self._going:
            self._results.insert(0, made)
            self._results.pop()
        if self._tree and self._tree_goes:
            self._tree.insert(0, offered)
            self._tree.pop()
