"""What limits a design's token rate: its own computing, or the streams that it waits for."""

from __future__ import annotations

from dse.pricing.metric import percent
from dse.sweep.results.designs import Row

STREAMS = (("weights", "weight"), ("activations", "activation"))
"""What a stream carries, and how its keys and metrics begin."""

SMALL = 0.0005
"""A share that is not worth a word."""


def limits(row: Row) -> str:
    """A sentence with the shares of the time in which each is the limit, and the bandwidths that count."""
    given = [(what, name) for what, name in STREAMS if row[f"{name}_bandwidth_gb_per_s"]]
    if not given:
        needs = " and ".join(f"{_gigabytes(row[f'{name}_gb_per_s'])} for {what}" for what, name in STREAMS)
        return f"It is compute-bound: the spec sets no bandwidth limit. It needs {needs}."
    shares = {
        f"{what} at {_gigabytes(row[f'{n}_bandwidth_gb_per_s'])}": row[f"{n}_bound"] for what, n in given
    }
    shares["computing"] = computing_share(row)
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    (first, most), *rest = [(what, percent(share)) for what, share in ordered if share >= SMALL]
    if not rest:
        return f"Its token rate is limited by {first} all the time."
    others = " and ".join(f"by {what} for {share}" for what, share in rest)
    return f"Its token rate is limited by {first} for {most} of the time, {others}."


def computing_share(row: Row) -> float:
    """The share of the time in which no stream is waited for."""
    return max(0.0, 1 - sum(float(row[f"{name}_bound"]) for _, name in STREAMS))


def _gigabytes(value: float) -> str:
    return f"{value:,.0f} GB/s" if value >= 100 else f"{value:.3g} GB/s"
