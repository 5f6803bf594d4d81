"""Scales of groups in many designs: tiles that groups fill, units that scale, and bits that scales take."""

from __future__ import annotations

import numpy as np

from dse.pricing.figure import PlanFigure, Step
from dse.pricing.view import Array, View


def has_scales(view: View) -> bool:
    """Whether any of the designs has groups with scales."""
    return bool((view("scale_group") > 0).any())


def group_tiles(view: View) -> Array:
    """Tiles of a group; 0 where groups have no scales."""
    return np.asarray(-(-view("scale_group") // view("tile_length")))


def group_steps(view: View) -> Array:
    """Steps of a group, one for every plane of its tiles."""
    return np.asarray(group_tiles(view) * view("weight_bits"))


def filled(view: View, inputs: Array) -> Array:
    """Inputs of a layer with those that fill up the last tiles of groups."""
    if not has_scales(view):
        return inputs
    group = np.maximum(view("scale_group"), 1)
    whole = -(-inputs // group) * group_tiles(view) * view("tile_length")
    return np.asarray(np.where(view("scale_group") > 0, whole, inputs))


def units(view: View) -> Array:
    """Multipliers, and adders, of a row, as ``ScalerPlan`` has them."""
    return np.asarray(
        np.where(view("scale_group") > 0, -(-view("columns") // np.maximum(group_steps(view), 1)), 0)
    )


def steps(view: View) -> Array:
    """Cycles in which they serve their columns."""
    served = view(Step.SCALE_UNITS)
    return np.asarray(np.where(served > 0, -(-view("columns") // np.maximum(served, 1)), 0))


def beat_bits(view: View) -> Array:
    """Bits of scales in a beat of keys of a core."""
    return np.asarray(view(Step.SCALE_UNITS) * view(PlanFigure.SCALE_BITS))
