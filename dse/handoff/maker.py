"""The maker of tables beside a core that takes them from its stream: its Verilog, and what its ports are."""

from __future__ import annotations

import json

from generator.config import CoreConfig
from generator.maker import emit_maker, maker_manifest

MAKER = "table_maker"
"""Where it is in a hand-off."""


def maker_files(config: CoreConfig) -> dict[str, str]:
    """Path → text of the maker for one of the cores of ``config``."""
    modules, manifest = emit_maker(config), maker_manifest(config)
    return {
        **{f"{name}.v": text for name, text in modules.items()},
        f"{manifest['top']}.f": "".join(f"{name}.v\n" for name in modules),
        "maker.json": json.dumps(manifest, indent=2) + "\n",
    }
