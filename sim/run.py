"""What a core computes from arrays: by its plan in numpy, and by its Verilog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.parts import require
from generator.plan import plan_for
from sim.layers import values_of
from sim.reference import evaluate

if TYPE_CHECKING:
    from sim.dram import Dram
    from sim.harness import Driver
    from sim.recipe import Shared
    from sim.session import SimulationResult, Streams


def reference(
    config: CoreConfig, activations: ArrayLike, weights: ArrayLike, scales: ArrayLike | None = None
) -> NDArray[Any]:
    """y[B, M] as the core of ``config`` computes it from x[B, N] ``activations`` and W[M, N] ``weights``.

    With ``scale_group`` the groups of weights have ``scales`` [M, groups], ones if there are none.

    Rounded as the hardware rounds, addition by addition: int64 for integer activations, float64 for floats,
    NaN where a result means nothing. Activations have to be values of the core's format, weights -1, 0 or 1.
    Raises ``WorkloadError`` for shapes that the core cannot run, ``ConfigError`` and ``KeyFileError`` for
    values outside the format and weights that are not ternary.

    >>> core = CoreConfig(group_size=3, tables=8, columns=16)
    >>> reference(core, [[1, 2, 3, 100]], [[1, 1, 1, 0], [0, 0, -1, 1]])
    array([[ 6, 97]])
    """
    plan = plan_for(config)
    return values_of(plan, evaluate(plan, activations, weights, scales))


def simulate(
    config: CoreConfig,
    activations: ArrayLike,
    weights: ArrayLike,
    scales: ArrayLike | None = None,
    *,
    fast: bool = False,
    stalls: float | Streams = 0.0,
    seed: int = 0,
    driver: Driver = "lean",
    waves: Path | str | None = None,
    expected: ArrayLike | None = None,
    shared: Shared | None = None,
    dram: Dram | None = None,
) -> SimulationResult:
    """Run x[B, N] ``activations`` through W[M, N] ternary ``weights`` on the core's Verilog in Verilator.

    With ``scale_group`` the groups of weights have ``scales`` [M, groups], ones if there are none.

    The result says whether it ``passed``: every output is that of ``expected`` (by default what the plan
    gives), bit for bit, and came in the cycle that the plan says. ``y`` has the outputs as numbers.

    ``fast`` drives the model from C++, for long runs. ``stalls`` is the probability that a stream pauses in a
    cycle, drawn from ``seed``. Without ``fast``, ``waves`` names an FST file to write and ``driver="axi"``
    takes cocotbext-axi's model of the streams. ``shared`` is what other simulations of the core use too.
    ``dram`` is a memory that activations and keys come from and results go to.

    Raises ``SimulationError`` where the simulation cannot be made or run, and what ``reference`` raises. A
    core that computes wrongly is a result, not an error.

    >>> core = CoreConfig(group_size=2, tables=2, columns=2)
    >>> result = simulate(core, [[1, 2, 3, 100]], [[1, 1, 1, 0], [0, 0, -1, 1]], fast=True)
    >>> result.passed, result.y
    (True, array([[ 6, 97]]))
    """
    require("simulation", "simulation")
    _check_drivers(config, fast, driver, waves is not None, stalls, dram)
    if config.wrapper == "axi":
        from sim.accelerator import simulate_accelerator
        from sim.layers import LayerData

        layer = LayerData.of(activations, weights, scales)
        assert not isinstance(stalls, tuple)
        return simulate_accelerator(
            config, layer, stalls=stalls, seed=seed, waves=None if waves is None else Path(waves),
            expected=expected, shared=shared,
        )  # fmt: skip
    if fast:
        from sim.fast import simulate_fast

        return simulate_fast(
            config, activations, weights, scales, stalls=stalls, seed=seed, expected=expected,
            shared=shared, dram=dram,
        )  # fmt: skip
    from sim.harness import simulate as by_cocotb

    return by_cocotb(
        config, activations, weights, scales, stalls=stalls, seed=seed, driver=driver,
        waves=None if waves is None else Path(waves), expected=expected, shared=shared, dram=dram,
    )  # fmt: skip


def _check_drivers(
    config: CoreConfig, fast: bool, driver: Driver, waves: bool, stalls: float | Streams, dram: Dram | None
) -> None:
    """Raises ``WorkloadError`` where a driver is asked for what it does not do."""
    if config.wrapper == "axi":
        if fast or isinstance(stalls, tuple) or dram is not None:
            raise WorkloadError(
                "wrapper = 'axi': a processor and a memory drive it, without fast, dram or stalls of a stream"
            )
    elif fast and (waves or driver != "lean"):
        raise WorkloadError("fast = True: has a driver of its own, without waves or driver = 'axi'")
    elif driver == "axi" and (config.buffers.any or dram is not None):
        raise WorkloadError("driver = 'axi': takes streams of beats, without buffers or dram")
