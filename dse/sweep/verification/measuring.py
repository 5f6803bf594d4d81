"""Verification of a sweep's answer: its best designs synthesized, and run on a layer of the workload.

Nothing here trusts the sweep: each core is generated, and priced, anew from its configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing

from costmodel.cells.liberty import Library
from costmodel.flow.synthesis import Flow, Job, SynthesisError, SynthesisResult, synthesize_many
from costmodel.price.estimate import estimate, sized_areas
from costmodel.price.technology import Technology
from costmodel.speeds import Speed, tightness
from dse.pricing.metrics import METRICS
from dse.sweep.results.designs import Row, core_of
from dse.sweep.results.sweep_results import Results
from dse.sweep.results.verified import Figures, Verified, errors
from dse.sweep.summary.findings import Summary
from dse.sweep.verification.candidates import Candidate, candidates
from dse.sweep.verification.trial import Trial
from generator.plan import core_name
from generator.verilog import emit
from sim.session import SimulationResult

FLOW = Flow(speeds=True)
"""One synthesis gives the areas of all speeds, and the delay."""

SIMULATION = 0.1
"""The share of the time that simulation takes, for progress; synthesis is in proportion to area."""

Progress = Callable[[float], None]


def verify(
    summary: Summary,
    technology: Technology,
    library: Library,
    count: int,
    workers: int | None = None,
    progress: Progress = lambda share: None,
) -> Iterator[Verified]:
    """Simulates and synthesizes the ``count`` best designs of a sweep; yields each as it is finished.

    ``progress`` is told the share that is done. All are simulated first, which takes seconds; then syntheses
    run side by side. Both leave what they build in the cache. A core that computes wrongly is a result;
    ``SimulationError`` is raised where the simulator fails, and ``SynthesisError`` where a core cannot be
    synthesized, after the others.
    """
    chosen = candidates(summary, count)
    trials = [trial_of(summary.results, candidate.row) for candidate in chosen]
    simulations: list[SimulationResult] = []
    for trial, candidate in zip(trials, chosen, strict=True):
        progress(SIMULATION * len(simulations) / len(chosen))
        simulations.append(trial.run(core_of(candidate.row)))

    def jobs() -> Iterator[Job]:
        for candidate in chosen:
            emission = emit(core_of(candidate.row))
            yield Job(emission.verilog, emission.top, library, FLOW)

    weights = [float(candidate.row["area_um2"]) for candidate in chosen]
    done, failed = 0.0, None
    progress(SIMULATION)
    with closing(synthesize_many(jobs(), workers)) as finished:
        for index, synthesis in finished:
            done += weights[index]
            if isinstance(synthesis, SynthesisError):
                failed = failed or synthesis
            else:
                row, trial, simulation = chosen[index].row, trials[index], simulations[index]
                modelled = modelled_figures(row, technology, trial)
                measured = measured_figures(row, synthesis, simulation)
                broken = limits_broken(summary.results, row, modelled, measured)
                yield _record(
                    chosen[index],
                    summary.naming.phrase(row),
                    library,
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


def judged_area(row: Row, areas: Mapping[Speed, float], delay_ps: float) -> float:
    """From the areas of a core at each speed (µm²), and its delay, that at the clock the design runs at."""
    share = float(tightness(row["clock_mhz"] * delay_ps * 1e-6))
    return areas["medium"] + share * (areas["tight"] - areas["medium"])


def limits_broken(results: Results, row: Row, modelled: Figures, measured: Figures) -> Iterator[str]:
    """A clause for each limit of the sweep that ``row`` does not keep with the measured figures.

    That are a budget of area, and the clock, where one was asked for.
    """
    budget = results.budget.get("area_um2")
    area = row["area_um2"] * measured.area_um2 / modelled.area_um2
    if budget is not None and area > budget:
        yield f"{METRICS['area_um2'].text(area)} is over the budget of {METRICS['area_um2'].text(budget)}"
    if results.record.stated("clock_mhz") and measured.delay_ps * row["clock_mhz"] > 1e6:
        yield (
            f"its longest path of {METRICS['delay_ps'].text(measured.delay_ps)} is too slow for "
            f"{row['clock_mhz']:,.0f} MHz"
        )


def modelled_figures(row: Row, technology: Technology, trial: Trial) -> Figures:
    """What the cost model says of the design at ``row``."""
    core = core_of(row)
    return _figures(row, sized_areas(core, technology), estimate(core, technology).delay_ps, trial.cycles)


def measured_figures(row: Row, synthesis: SynthesisResult, simulation: SimulationResult) -> Figures:
    """What the tools say of it."""
    sized = synthesis.sized
    areas: dict[Speed, float] = {
        "relaxed": synthesis.area_um2,
        "medium": sized["medium"].area_um2,
        "tight": sized["tight"].area_um2,
    }
    return _figures(row, areas, sized["tight"].delay_ps, simulation.cycles)


def _figures(row: Row, areas: Mapping[Speed, float], delay_ps: float, cycles: int) -> Figures:
    return Figures(
        area_um2=round(judged_area(row, areas, delay_ps), 4),
        **{f"{speed}_um2": round(area, 4) for speed, area in areas.items()},
        delay_ps=round(delay_ps, 2),
        cycles=cycles,
    )


def _record(
    candidate: Candidate,
    design: str,
    library: Library,
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
        library=library.name,
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
