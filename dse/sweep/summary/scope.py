"""What was searched, and what the figures rest on and leave out."""

from __future__ import annotations

from dse.presentation.phrases import counted, listing
from dse.spec.decoder import Decoder
from dse.spec.system import LIMITS
from dse.sweep.results.sweep_results import Results


def searched(results: Results) -> list[str]:
    """How large the space was and what became of it."""
    record = results.record
    passed = record.passed
    fates = [f"{count:,} {test}" for test, count in zip(record.tests, passed[1:], strict=True)]
    axes = ", ".join(f"{key} ({len(values)})" for key, values in results.axes.items())
    fixed = ", ".join(
        f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}"
        for key, value in record.fixed.items()
    )
    derived = ", ".join(f"{key} = {text}" for key, text in record.derived.items())
    return [
        f"{passed[0]:,} combinations of {axes}; {fixed or 'nothing'} fixed"
        + (f"; {derived} derived." if derived else "."),
        f"Of these {'; of those '.join(fates)}. {record.pareto:,} are on the Pareto front of "
        + listing([f"{results.metric(name).label} ({goal})" for name, goal in results.objectives.items()])
        + ". Of designs that are equal in all of these one is kept.",
    ]


def assumptions(results: Results) -> list[str]:
    """What the figures rest on and what they leave out."""
    technology, workload = results.record.technology, results.record.workload
    priced = results.priced
    fit = technology.fit.get(technology.cost.relaxed)
    capital = f"{priced.label[:1].upper()}{priced.label[1:]}"
    error = (
        f" On the {fit.points} designs it was fitted to, its {priced.label} is off by "
        f"{fit.median_percent:.1f} % in the median and {fit.max_percent:.1f} % at most."
        if fit
        else ""
    )
    beside = ", but for those that were measured" if results.verified else ""
    streams = (
        "Keys and activations arrive at the bandwidths that are given, or as fast as the cores take them"
        if set(LIMITS) & set(results.keys)
        else "Keys and activations arrive as fast as the core takes them"
    )
    return [
        f"{capital} and delays are estimates of the cost model for {technology.name} "
        f"({technology.library}, {technology.corner}), not synthesis{beside}.{error} "
        f"{'They are cell areas' if priced.unit == 'µm²' else 'They are'} before placement.",
        f"{_clocked(results)} The workload is {workload.title}: {workload.macs:,} ternary "
        f"multiply-accumulates a token in {counted(workload.launches, 'layer')}, one after the other. "
        f"{streams}.",
        beside_layers(results),
    ]


def beside_layers(results: Results) -> str:
    """What is counted beside the ternary layers, and behind which memory."""
    workload = results.workload
    if workload is None:
        return "Memories, attention scores, embedding and output head are outside the core, and not counted."
    if not workload.model and workload.decoder == Decoder():
        return "The layers are all that there is: no output head, embedding or cache is beside them."
    counted_too = {
        "output head": workload.head if workload.decoder.vocabulary else "none",
        "embedding": workload.embedding,
        "keys and values of earlier tokens": workload.kv,
    }
    counts = [f"{what} ({kind})" for what, kind in counted_too.items() if kind != "none"]
    missing = listing(list(workload.left_out))
    memory = {"dram", "bandwidth_gb_per_s"} & set(results.keys)
    time = (
        "they share the memory with keys, activations and results, in which each of these is read or written "
        "once for every use"
        if memory
        else "but as no memory is stated (`[memory]`), none of it takes time"
    )
    engine = (
        "computes them at the rate that is given"
        if "engine_gmacs_per_s" in results.keys
        else "is never waited for, as no rate is stated (`engine_gmacs_per_s`)"
    )
    return (
        (f"Beside the ternary layers {listing(counts)} are counted: {time}. " if counts else "")
        + f"What is not ternary an engine beside the cores computes; it {engine}."
        + (f" Left out: {missing}." if missing else "")
    )


def _clocked(results: Results) -> str:
    """At which clock the designs run."""
    if "clock_mhz" in results.record.derived:
        return "Every design runs at the clock that is derived for it."
    stated = results.record.stated("clock_mhz") or []
    clocks = [f"{clock:,.0f} MHz" for clock in stated if clock]
    if clocks and len(clocks) == len(stated):
        return f"Every design runs at {' or '.join(clocks)}."
    return " or ".join(["Every design runs at the clock its longest path allows", *clocks]) + "."
