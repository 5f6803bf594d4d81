"""The Verilog of the maker of a core's tables, for a core that takes them from its stream."""

from __future__ import annotations

from typing import Any

from amaranth.lib.wiring import Signature

from generator.config import CoreConfig
from generator.plan import beat_bits, plan_for
from generator.table_port import TableMaker
from generator.verilog import distinct_blocks, headed, name_after, to_verilog


def _maker_of(config: CoreConfig) -> TableMaker:
    maker = TableMaker(plan_for(config.alone))
    name_after(maker, config.digest)
    return maker


def emit_maker(config: CoreConfig) -> dict[str, str]:
    """Module name → Verilog text of the maker for one of the cores of ``config``, dependencies first."""
    top = _maker_of(config)
    return {
        block.module_name: headed(block, to_verilog(block).text, config) for block in distinct_blocks(top)
    }


def maker_manifest(config: CoreConfig) -> dict[str, Any]:
    """What the maker for one of the cores of ``config`` is, for programs."""
    top = _maker_of(config)
    members = Signature(dict(top.members)).members
    return {
        "top": top.module_name,
        "ports": {
            name: {"direction": f"{member.flow.name.lower()}put", "width": member.shape}
            for name, member in members.items()
        },
        "activation_bits": beat_bits(top.plan).activation,
        "entry_bits": beat_bits(top.port).activation,
        "latency_cycles": top.plan.table_stages,
    }
