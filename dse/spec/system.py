"""How cores are put to work: how many side by side, at which clock, behind which memories.

These are the keys of a design that its Verilog does not know. They may be axes like a core's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator.errors import ConfigError
from generator.validation import one_line

Bandwidth = Annotated[float, Field(ge=0, strict=False)]


class System(BaseModel):
    """``cores`` equal cores that divide every layer among them.

    ``split = "outputs"``: each makes a share of the outputs, activations go to all. ``"inputs"``: each
    reduces a share of the inputs, and a tree adds their results. ``clock_mhz = 0`` stands for as fast as the
    cores can when sized for ``speed``. Bandwidths of 0 stand for no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    cores: int = Field(default=1, ge=1, le=1 << 16)
    split: Literal["outputs", "inputs"] = "outputs"
    clock_mhz: Annotated[float, Field(ge=0, strict=False)] = 0.0
    speed: Literal["medium", "tight"] = "tight"
    weight_bandwidth_gb_per_s: Bandwidth = 0.0
    activation_bandwidth_gb_per_s: Bandwidth = 0.0


SYSTEM_KEYS = tuple(System.model_fields)

LIMITS = ("weight_bandwidth_gb_per_s", "activation_bandwidth_gb_per_s")
"""Keys that limit a stream."""


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
