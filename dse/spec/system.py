"""How cores are put to work: how many side by side, at which clock, behind which memory.

These are the keys of a design that its Verilog does not know. They may be axes like a core's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dse.spec.memory import NO_MEMORY, find_memory
from generator.errors import ConfigError
from generator.validation import one_line

Bandwidth = Annotated[float, Field(ge=0, strict=False)]


def _named(name: str) -> str:
    """``name``, where a memory is called so."""
    if name != NO_MEMORY:
        find_memory(name)
    return name


class System(BaseModel):
    """``cores`` equal cores that divide every layer among them.

    ``split = "outputs"``: each makes a share of the outputs, activations go to all. ``"inputs"``: each
    reduces a share of the inputs, and a tree adds their results. ``clock_mhz = 0`` stands for as fast as the
    cores can when sized for ``speed``.

    Everything that is off chip shares one memory: ``dram`` by its name, or ``bandwidth_gb_per_s``, of which
    ``efficiency`` is reached; it answers after ``latency_ns``, in bursts of ``burst_bytes``, and a bit takes
    ``dram_pj_per_bit`` where its name does not say. ``weights`` are read from it or lie ``on_chip``. With an
    ``activation_buffer`` it sees a block of activations once, not once for every tile of outputs; with a
    ``key_buffer`` keys are fetched ahead, without one each burst of them is waited for. The engine
    beside the cores does ``engine_gmacs_per_s`` of attention and of an output head that is not ternary.
    ``weight_bandwidth_gb_per_s`` and ``activation_bandwidth_gb_per_s`` limit the streams into the cores by
    themselves. 0 stands for no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    cores: int = Field(default=1, ge=1, le=1 << 16)
    split: Literal["outputs", "inputs"] = "outputs"
    clock_mhz: Annotated[float, Field(ge=0, strict=False)] = 0.0
    speed: Literal["medium", "tight"] = "tight"
    dram: Annotated[str, AfterValidator(_named)] = NO_MEMORY
    bandwidth_gb_per_s: Bandwidth = 0.0
    efficiency: Annotated[float, Field(gt=0, le=1, strict=False)] = 1.0
    latency_ns: Annotated[float, Field(ge=0, le=1e6, strict=False)] = 0.0
    burst_bytes: int = Field(default=256, ge=1, le=1 << 20)
    dram_pj_per_bit: Annotated[float, Field(ge=0, strict=False)] = 0.0
    weights: Literal["dram", "on_chip"] = "dram"
    activation_buffer: bool = False
    key_buffer: bool = False
    engine_gmacs_per_s: Bandwidth = 0.0
    weight_bandwidth_gb_per_s: Bandwidth = 0.0
    activation_bandwidth_gb_per_s: Bandwidth = 0.0


SYSTEM_KEYS = tuple(System.model_fields)

MEMORY_KEYS = (
    "dram",
    "bandwidth_gb_per_s",
    "efficiency",
    "latency_ns",
    "burst_bytes",
    "dram_pj_per_bit",
    "weights",
    "activation_buffer",
    "key_buffer",
)
"""Keys of a spec's table ``memory``; like all of a system's they may be axes."""

ON_CHIP: Mapping[str, tuple[Any, ...]] = {
    "activation_buffer": (True,),
    "key_buffer": (True,),
    "weights": ("on_chip",),
}
"""Values of keys with which a design has memories on chip."""

LIMITS = ("weight_bandwidth_gb_per_s", "activation_bandwidth_gb_per_s")
"""Keys that limit a stream into the cores."""


def idle_system_keys(values: Mapping[str, Any]) -> set[str]:
    """System keys that mean nothing for a design with ``values``: one core has nothing to split."""
    return {"split"} if values.get("cores", system_default("cores")) == 1 else set()


def check_system(values: Mapping[str, Any]) -> None:
    """Raises ``ConfigError`` in one line where ``values`` of system keys are not allowed."""
    try:
        System.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(one_line(error, System)) from None


def system_default(key: str) -> Any:
    """What ``key`` is where nobody states it."""
    return System.model_fields[key].get_default()
