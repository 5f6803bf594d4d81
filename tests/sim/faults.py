"""Cores with a fault: what a simulation has to find."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import ModuleType

import pytest

from generator.config import CoreConfig
from generator.plan import plan_for
from generator.verilog import Emission, emit, ports


def rewired(monkeypatch: pytest.MonkeyPatch, module: ModuleType, **connections: str) -> None:
    """Have ``module`` simulate a wrapper of the core whose ``connections`` to it differ."""

    def emit_faulty(config: CoreConfig) -> Emission:
        emission = emit(config)
        declared = [
            f"{way} [{width - 1}:0] {name}" if width > 1 else f"{way} {name}"
            for name, way, width in ports(plan_for(config))
        ]
        wires = [
            f".{name}({connections.get(name, name)})"
            for name, way, _ in ports(plan_for(config))
            if way == "input" or name not in connections
        ]
        hidden = [
            f"wire [{width - 1}:0] real_{name}; assign {name} = {connections[name]};"
            for name, way, width in ports(plan_for(config))
            if way == "output" and name in connections
        ]
        wires += [
            f".{name}(real_{name})"
            for name, way, _ in ports(plan_for(config))
            if way == "output" and name in connections
        ]
        faulty = (
            f"module faulty({', '.join(declared)});\n{' '.join(hidden)}\n"
            f"{emission.top} core({', '.join(wires)});\nendmodule\n"
        )
        return replace(
            emission,
            modules={**emission.modules, "faulty": faulty},
            kinds={**emission.kinds, "faulty": "core"},
            instances={**emission.instances, "faulty": Counter([emission.top])},
        )

    monkeypatch.setattr(module, "emit", emit_faulty)
