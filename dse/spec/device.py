"""The FPGA that designs have to fit: a spec's ``device``, as a figure and as constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dse.spec.axes import SpecError
from generator.errors import instead

if TYPE_CHECKING:
    from costmodel.cells.fabrics import Device
    from costmodel.price.technology import Technology

SHARE = "device_share"
"""The figure: of the resource that is scarcer, how much of it a design takes up."""

PRICED = ("lut", "ff")
"""Resources that technologies of fabrics price. Cores multiply in lookup tables and need no other blocks;
those of buffers are counted by synthesis alone."""


def with_device(where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` of a spec with what its ``device`` asks: the share is a derived figure, and at most all.

    Raises ``SpecError`` where there is no such device, or the figure is derived by the spec itself.
    """
    name = values.get("device")
    if name is None:
        return dict(values)
    device = _device(where, name)
    derived = values.get("derived", {})
    if isinstance(derived, Mapping) and SHARE in derived:
        raise SpecError(f"{where}: derived.{SHARE} and device: one of the two is expected")
    expression = "max({})".format(", ".join(f"{name} / {device.capacity[name]:g}" for name in PRICED))
    figure = {"expression": expression, "unit": "%", "label": f"share of {device.name}"}
    constraints = values.get("constraints", [])
    return {
        **values,
        "derived": {**derived, SHARE: figure} if isinstance(derived, Mapping) else derived,
        "constraints": [*constraints, f"{SHARE} <= 1"] if isinstance(constraints, list) else constraints,
    }


def check_device(where: str, name: str | None, technologies: Sequence[Technology]) -> None:
    """Raises ``SpecError`` where designs in one of ``technologies`` are none of the device's fabric."""
    if name is None:
        return
    fabric = _device(where, name).fabric
    for technology in technologies:
        if technology.library != fabric:
            raise SpecError(
                f"{where}: device = {name!r} is of {fabric}: a technology of that fabric is expected, "
                f"{technology.name} is of {technology.library}"
            )


def _device(where: str, name: Any) -> Device:
    from costmodel.cells.fabrics import devices

    if name not in devices():
        raise SpecError(f"{where}: device = {name!r}: {instead(name, devices(), 'devices')}")
    return devices()[name]
