"""What the figures do not say: how far the model is off, and what it leaves out."""

from __future__ import annotations

from dse.sweep.results.sweep_results import Results

LEFT_OUT = (
    "Wires, placement and the clock tree are in no figure: a placed core is larger and slower.",
    "The quantisation of activations, scales and normalisation are outside the core and take no time. A "
    "bandwidth is a rate: bursts, latency and contention of a memory are not modelled.",
    "Layers run one after the other; no layer begins before the one before it has drained.",
)


def caveats(results: Results) -> list[str]:
    """Limits of the figures of a sweep, a paragraph each."""
    technology = results.record.technology
    fit = technology.fit
    known = [
        f"{quantity.label} {fit[name].median_percent:.1f} % and {fit[name].max_percent:.1f} %"
        for name, quantity in technology.quantities.items()
        if name in fit
    ]
    lines = []
    if known:
        lines.append(
            "The model's error, in the median and at most, on the syntheses that it was fitted to: "
            f"{', '.join(known)}. Designs closer to each other than its median error are not told apart."
        )
    lines += LEFT_OUT
    lines.append(_energies(results))
    if not results.complete:
        lines.append(
            f"Of {results.record.cores:,} cores the fronts and an even sample were written. The front is "
            "exact; figures by format, by group size and by choice are the best of the sample."
        )
    return lines


def _energies(results: Results) -> str:
    """What energies are of."""
    energy = results.record.technology.energy
    if energy is None:
        return "What cores take when they work is not known in this technology: energies leave them out."
    return (
        f"Energies of cores are of {energy.source}. The engine beside the cores is not counted, nor a "
        "memory of which nobody states what it takes."
    )
