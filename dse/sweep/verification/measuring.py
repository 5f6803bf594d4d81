"""Verification of a sweep's answer: its best designs synthesized, and run on a layer of the workload.

Nothing here trusts the sweep: each core is generated, and priced, anew from its configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing

from costmodel.fit.measurer import Design, Measurer
from costmodel.price.estimate import estimate, figures_of
from costmodel.price.technology import Technology
from costmodel.speeds import MEDIUM_PERIOD, SPEEDS, Speed, tightness
from dse.pricing.metrics import Priced
from dse.sweep.results.designs import Row, core_of
from dse.sweep.results.sweep_results import Results
from dse.sweep.results.verified import Figures, Verified, errors
from dse.sweep.summary.findings import Summary
from dse.sweep.verification.candidates import Candidate, candidates
from dse.sweep.verification.trial import Trial
from generator.errors import TernlutError
from generator.plan import core_name
from sim.session import SimulationResult

SIMULATION = 0.1
"""The share of the time that simulation takes, for progress; synthesis is in proportion to cost."""

ShareOfWork = Callable[[float], None]


def verify(
    summary: Summary,
    technology: Technology,
    measurer: Measurer,
    count: int,
    workers: int | None = None,
    progress: ShareOfWork = lambda share: None,
) -> Iterator[Verified]:
    """Simulates the ``count`` best designs of a sweep, synthesizes a core of each; yields each when finished.

    ``progress`` is told the share that is done. All are simulated first, which takes seconds; then syntheses
    run side by side. Both leave what they build in the cache. A core that computes wrongly is a result;
    ``SimulationError`` is raised where the simulator fails, and what the measurer says where a core cannot be
    synthesized, after the others.
    """
    chosen = candidates(summary, count)
    trials = [trial_of(summary.results, candidate.row) for candidate in chosen]
    simulations: list[SimulationResult] = []
    for trial, candidate in zip(trials, chosen, strict=True):
        progress(SIMULATION * len(simulations) / len(chosen))
        simulations.append(trial.run(core_of(candidate.row)))

    priced = summary.results.priced
    weights = [float(candidate.row[priced.key]) for candidate in chosen]
    done, failed = 0.0, None
    progress(SIMULATION)
    designs = (Design.of(core_of(candidate.row).alone) for candidate in chosen)
    with closing(measurer.measure(designs, workers)) as finished:
        for index, synthesis in finished:
            done += weights[index]
            if isinstance(synthesis, TernlutError):
                failed = failed or synthesis
            else:
                row, trial, simulation = chosen[index].row, trials[index], simulations[index]
                modelled = modelled_figures(row, technology, trial)
                measured = measured_figures(row, technology, synthesis, simulation)
                broken = limits_broken(summary.results, row, modelled, measured)
                yield _record(
                    chosen[index],
                    summary.naming.phrase(row),
                    measurer.origin.library,
                    trial,
                    simulation,
                    modelled,
                    measured,
                    broken,
                )
            progress(SIMULATION + (1 - SIMULATION) * done / sum(weights))
    if failed is not None:
        raise failed


def trial_of(results: Results, row: Row) -> Trial:
    """The layer of the sweep's workload that the design at ``row`` is tried on."""
    workload = results.record.workload
    return Trial.choose(core_of(row), workload.layers, workload.tokens)


def judged_cost(row: Row, costs: Mapping[Speed, float], delay_ps: float, rippling_ps: float) -> float:
    """From what a core costs at each speed, and its delays, that at the clock the design runs at."""
    periods = 1e6 / row["clock_mhz"], MEDIUM_PERIOD * delay_ps, delay_ps
    asked, ease, most = map(float, tightness(periods, rippling_ps, delay_ps))
    share = (asked - ease) / (most - ease) if most > ease else 0.0
    return costs["medium"] + min(max(share, 0.0), 1.0) * (costs["tight"] - costs["medium"])


def limits_broken(results: Results, row: Row, modelled: Figures, measured: Figures) -> Iterator[str]:
    """A clause for each limit of the sweep that ``row`` does not keep with the measured figures.

    That are a budget of the cost, and the clock, where one was asked for.
    """
    key = results.priced.key
    budget, metric = results.budget.get(key), results.metric(key)
    cost = row[key] * measured[key] / modelled[key]
    if budget is not None and cost > budget:
        yield f"{metric.text(cost)} is over the budget of {metric.text(budget)}"
    if results.record.stated("clock_mhz") and measured["delay_ps"] * row["clock_mhz"] > 1e6:
        yield (
            f"its longest path of {results.metric('delay_ps').text(measured['delay_ps'])} is too slow for "
            f"{row['clock_mhz']:,.0f} MHz"
        )


def modelled_figures(row: Row, technology: Technology, trial: Trial) -> Figures:
    """What the cost model says of the design at ``row``."""
    core = core_of(row).alone
    at_clock = estimate(core, technology, clock_mhz=row["clock_mhz"]).cost
    return _figures(technology, figures_of(core, technology), at_clock, trial.cycles)


def measured_figures(
    row: Row, technology: Technology, measured: Mapping[str, float], simulation: SimulationResult
) -> Figures:
    """What the tools say of it."""
    costs = {speed: measured[technology.cost.at(speed)] for speed in SPEEDS}
    delay_ps = measured[technology.delay.name]
    rippling_ps = measured.get(technology.rippling.name, MEDIUM_PERIOD * delay_ps)
    at_clock = judged_cost(row, costs, delay_ps, rippling_ps)
    return _figures(technology, measured, at_clock, simulation.cycles)


def _figures(technology: Technology, figures: Mapping[str, float], at_clock: float, cycles: int) -> Figures:
    """A core's quantities as they are reported; ``at_clock`` is its cost at the clock the design runs at."""
    priced = Priced.of(technology.cost, technology.quantities)
    costs = {speed: figures[technology.cost.at(speed)] for speed in SPEEDS}
    delay_ps = figures[technology.delay.name]
    return {
        priced.key: round(at_clock, 4),
        **({priced.at(speed): round(cost, 4) for speed, cost in costs.items()} if priced.sized else {}),
        **{other.key: round(figures[other.name], 4) for other in priced.others},
        "delay_ps": round(delay_ps, 2),
        "cycles": cycles,
    }


def _record(
    candidate: Candidate,
    design: str,
    library: str,
    trial: Trial,
    simulation: SimulationResult,
    modelled: Figures,
    measured: Figures,
    broken: Iterable[str],
) -> Verified:
    return Verified(
        id=candidate.row["id"],
        rank=candidate.rank,
        what=candidate.what,
        design=design,
        core=core_name(core_of(candidate.row)),
        library=library,
        trial=trial.title,
        modelled=modelled,
        measured=measured,
        error_percent=errors(modelled, measured),
        results=simulation.results,
        mismatches=simulation.mismatches,
        failures=simulation.failures,
        bit_exact=simulation.results == trial.outputs * trial.tokens and not simulation.mismatches,
        broken=tuple(broken),
    )


def merged(before: Sequence[Verified], candidate: Verified) -> list[Verified]:
    """``before`` with ``one`` in the place of an earlier finding of the same design, the best first."""
    others = [known for known in before if known.id != candidate.id]
    return sorted([*others, candidate], key=lambda known: (known.rank, known.id))
