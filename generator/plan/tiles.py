"""Tiles of a core: how a layer is cut into them, and their counters."""

from __future__ import annotations

from dataclasses import dataclass

from generator.config import CoreConfig

TILE_COUNT_WIDTH = 16
"""Bits of ``m_tiles`` where nothing on chip limits it (output-stationary)."""


@dataclass(frozen=True)
class TilePlan:
    """The tiles of a ``config``.

    ``rounds``: whether an ``exact`` sum leaves as a float; one that others are added to leaves as it is.
    """

    config: CoreConfig
    rounds: bool = True

    @property
    def rounds_sums(self) -> bool:
        """Whether an ``exact`` sum leaves its column as a float: a group's that is scaled does not."""
        return self.rounds and not self.config.scale_group

    @property
    def tables(self) -> int:
        """Tables that a beat of activations fills, for each row."""
        return self.config.tables

    @property
    def columns(self) -> int:
        """Outputs that a beat of results has, for each row."""
        return self.config.columns

    @property
    def tile_length(self) -> int:
        """Activations of a beat, for each row."""
        return self.tables * self.config.group_size

    @property
    def most_outputs(self) -> int | None:
        """M of the longest layer, where that is limited on chip."""
        return self.config.outputs

    @property
    def longest_sum(self) -> int:
        """Activations of the longest sum of a column: N_max, or those of a group that has a scale."""
        return self.config.scale_group or self.config.max_reduction

    @property
    def group_tiles(self) -> int:
        """Tiles of a group that has a scale; 0 where groups have none. Zeros fill up its last tile."""
        return -(-self.config.scale_group // self.tile_length)

    @property
    def group_steps(self) -> int:
        """Steps of a group that has a scale: a beat of keys for every plane of its tiles."""
        return self.group_tiles * self.config.weight_bits

    def tiles_of(self, length: int) -> int:
        """Tiles along N = ``length``, of whole groups where these have scales."""
        group = self.config.scale_group
        return -(-length // group) * self.group_tiles if group else -(-length // self.tile_length)

    @property
    def partial_sums(self) -> int:
        """Partial sums a column keeps, its accumulator among them."""
        return 1 if self.config.outputs is None else -(-self.config.outputs // self.config.columns)

    @property
    def max_n_tiles(self) -> int:
        return self.tiles_of(self.config.max_reduction)

    @property
    def n_tiles_width(self) -> int:
        return self.max_n_tiles.bit_length()

    @property
    def m_tiles_width(self) -> int:
        return TILE_COUNT_WIDTH if self.config.outputs is None else self.partial_sums.bit_length()
