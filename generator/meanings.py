"""What the elements of a core's streams mean, in words and numbers: the part of its manifest that says so."""

from __future__ import annotations

from typing import Any

from generator.alphabets import TERNARY
from generator.formats import Integer
from generator.packing import BYTE, WEIGHTS_A_BYTE, bytes_by_value
from generator.plan import CorePlan

PACKED = (
    "five weights w[0] … w[4] of a core as bytes[t], t = sum of (w[i] + 1)*3^i; zeros fill up a core's last "
    "byte"
)
"""What a byte of packed weights means."""


def activation_elements(plan: CorePlan) -> dict[str, Any]:
    """What a beat of activations is made of; of entries made of them, the width and place of each."""
    rows = f"row (0 … {plan.config.rows - 1})"
    if not plan.receives_entries:
        order = f"{rows}, activation (0 … {plan.tile_length - 1})"
        return {"element_bits": plan.activation_width, "order": order}
    tables, cores = plan.config.tables, plan.tables // plan.config.tables
    by_core = f", core (0 … {cores - 1})" if cores > 1 else ""
    elements = {
        "element_bits": plan.table_bits,
        "order": f"{rows}{by_core}, table (0 … {tables - 1})",
        "entries": [
            {"digits": list(entry.digits), "bits": entry.range.width} for entry in plan.table.entries
        ],
    }
    if plan.tracks_invalid:
        elements["marks"] = "above a table's entries a bit for each: it has an infinity or a NaN in it"
    if plan.exponent_width:
        elements["exponent_bits"] = plan.exponent_width
        elements["exponent"] = "above the tables of a row: the largest exponent of its tile"
    return elements


def key_order(plan: CorePlan) -> str:
    """What the keys of a beat are ordered by, or its packed weights."""
    if not plan.config.packs_keys:
        return f"column (0 … {plan.columns - 1}), table (0 … {plan.tables - 1})"
    config = plan.config
    cores = f"core (0 … {config.cores - 1}), " if config.cores > 1 else ""
    return f"{cores}column (0 … {config.columns - 1}), activation (0 … {config.tile_length - 1})"


def key_code(plan: CorePlan) -> dict[str, Any]:
    """The key code in words and numbers."""
    if plan.config.packs_keys:
        return {
            "width": BYTE,
            "weights": WEIGHTS_A_BYTE,
            "bytes": bytes_by_value().tolist(),
            "meaning": PACKED,
        }
    if not plan.keys_name_groups:
        how = "two's complement" if plan.config.datapath is None else plan.config.activation
        return {"width": plan.key_width, "meaning": f"weight -1, 0 or 1 as {how}"}
    code = {
        "width": plan.key_width,
        "meaning": "sign in the top bit, index below; t = sum of w[i]*3^(mu-1-i); sign = t < 0, index = |t|"
        if plan.signed_keys
        else "t modulo 3^mu, t = sum of w[i]*3^(mu-1-i)",
        "group_size": plan.config.group_size,
        "largest_index": plan.code.last_index,
    }
    if plan.config.alphabet == TERNARY:
        return code
    return code | {
        "meaning": f"{code['meaning']}'s rank among those of the groups",
        "alphabet": plan.config.alphabet,
        "groups": [list(group) for group in plan.code.selected],
    }


def scale_elements(plan: CorePlan) -> dict[str, Any]:
    """What a beat of keys has above its keys, where groups of weights have scales."""
    scaler = plan.scaler
    if scaler is None:
        return {}
    cores = f"core (0 … {plan.config.cores - 1}), " if plan.config.cores > 1 else ""
    return {
        "scales": {
            "first_bit": plan.key_elements.bits,
            "element_bits": scaler.number.bits,
            "element": scaler.number.name,
            "order": f"{cores}unit (0 … {scaler.units - 1})",
            "meaning": f"in beat s of a group's {scaler.tiles}: the scales of columns s + {scaler.steps}"
            f"*unit, for s below {scaler.steps}; others do not count",
        }
    }


def result_element(plan: CorePlan) -> str:
    """What the bits of one result mean, in words."""
    if isinstance(plan.result_number, Integer):
        return "two's complement"
    if plan.scaler is not None:
        return plan.result_number.name
    number = plan.config.accumulation or plan.config.activation
    if not plan.tracks_invalid:
        return number
    return f"{number}, and in bit {plan.value_width} invalid: the value means nothing"
