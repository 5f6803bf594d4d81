"""Figures of requests: when the first token comes, how fast others follow, and what the memory moves.

Of several requests they are means by weight: rates are all tokens over all time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from dse.pricing import buffers, passes
from dse.pricing.figure import Column, Step
from dse.pricing.limits import Limit, memory_energy
from dse.pricing.metric import FAST, ON_CLOCK, Metric
from dse.pricing.pieces import pieces_of
from dse.pricing.view import Array, View
from dse.spec.scenarios import only
from dse.spec.workload import BITS, Workload


def bound_share(limit: Limit) -> Callable[[View], Array]:
    """The share of the time of the rated passes in which ``limit`` is what limits."""

    def share(view: View) -> Array:
        pieces = pieces_of(view.workload, passes.rated(view.workload))
        waiting = passes.waiting(view, pieces, limit)
        return np.asarray(waiting / view(Step.RATED_SECONDS)) if waiting.any() else np.zeros(())

    return share


class OneRequest:
    """A view of the same designs where one of several requests is all that is asked."""

    def __init__(self, view: View, name: str) -> None:
        self.workload, self.sram, self.wires = only(view.workload, name), view.sram, view.wires
        self.energies = view.energies
        self._view = view

    def __call__(self, figure: Column, /) -> Array:
        return self._view(figure)


def _rate(view: View) -> Array:
    return np.asarray(passes.tokens(passes.rated(view.workload)) / view(Step.RATED_SECONDS))


def _rate_alone(view: View) -> Array:
    chosen = passes.rated(view.workload)
    return np.asarray(passes.tokens(chosen) / passes.time_of(view, chosen))


def _ternary_rate(view: View) -> Array:
    chosen = passes.rated(view.workload)
    ternary = [piece for piece in pieces_of(view.workload, chosen) if piece.part == "ternary layers"]
    return np.asarray(passes.tokens(chosen) / passes.seconds(view, ternary))


def _megabytes(*kinds: passes.Traffic) -> Callable[[View], Array]:
    """MB of some kinds of traffic that a token takes."""

    def moved(view: View) -> Array:
        chosen = passes.rated(view.workload)
        bits = passes.traffic(view, pieces_of(view.workload, chosen))
        return np.asarray(sum(bits[kind] for kind in kinds) / (8e6 * passes.tokens(chosen)))

    return moved


def _stored(view: View) -> Array:
    """MB of all models: keys, output head and embedding, once where these are one matrix."""
    ternary, bits = view("bits_per_weight"), np.zeros(())
    for workload in view.workload.models:
        decoder = workload.decoder
        matrix = decoder.width * decoder.vocabulary
        head = matrix * (ternary if workload.head == "ternary" else BITS[workload.head])
        tied = decoder.tied if workload.tied is None else workload.tied
        apart = not (tied and workload.head == workload.embedding)
        bits = bits + head + apart * matrix * BITS[workload.embedding]
    return np.asarray((view.workload.weights * ternary + bits) / 8e6)


def request_metrics(workload: Workload | None) -> tuple[Metric, ...]:
    """Figures of requests: of all together, and of each of several by its name.

    Their labels say what of the model is not counted.
    """
    if workload is None:
        return REQUEST_METRICS
    metrics = [*REQUEST_METRICS]
    if len(workload.requests) > 1:
        metrics += [metric for request in workload.requests for metric in _metrics_of(request.name)]
    if not workload.left_out:
        return tuple(metrics)
    missing = f" without {' and '.join(workload.left_out)}"
    ternary = "ternary_tokens_per_second"
    return tuple(
        each if each.name == ternary else replace(each, label=each.label + missing) for each in metrics
    )


def _metrics_of(name: str) -> Iterator[Metric]:
    """The figures of the request called ``name``."""
    alone: dict[str, Callable[[View], Array]] = {
        each.name: _rate_alone if each.name == "tokens_per_second" else each.value for each in REQUEST_METRICS
    }
    for each in REQUEST_METRICS:
        if each.name == "ternary_tokens_per_second":
            continue

        def value(view: View, figure: Callable[[View], Array] = alone[each.name]) -> Array:
            return figure(OneRequest(view, name))

        yield replace(
            each, name=f"{name}_{each.name}", label=f"{each.label}, {name}", says=f"{each.says}: {name}",
            value=value,
        )  # fmt: skip


REQUEST_METRICS: tuple[Metric, ...] = (
    Metric(
        "tokens_per_second", "token rate", "tokens/s",
        "tokens made a second once the first is there, or read where none are made, with all that the "
        "workload counts",
        _rate, better="max", words=FAST, rests_on=ON_CLOCK,
    ),
    Metric(
        "ternary_tokens_per_second", "token rate of the ternary layers", "tokens/s",
        "the same as if there were nothing but the ternary layers",
        _ternary_rate, better="max", words=FAST, rests_on=ON_CLOCK,
    ),
    Metric(
        "first_token_ms", "time to the first token", "ms",
        "time in which the prompt is read and the first token made",
        lambda v: 1e3 * passes.time_of(v, passes.until_first_token(v.workload)),
        words=FAST, rests_on=ON_CLOCK,
    ),
    Metric(
        "request_seconds", "time of a request", "s", "time of a whole request",
        lambda v: passes.time_of(v, passes.everything(v.workload)), words=FAST, rests_on=ON_CLOCK,
    ),
)  # fmt: skip


def _buffer_energy(view: View) -> Array:
    return np.asarray(buffers.picojoules(view, view.workload.shapes) / (1e6 * view.workload.rated.tokens))


TRAFFIC_METRICS: tuple[Metric, ...] = (
    Metric(
        "model_mb", "size of the model", "MB", "keys of all weights, output head and embedding", _stored
    ),
    Metric(
        "dram_mb_per_token", "memory traffic", "MB/token", "what the memory moves for a token",
        _megabytes(*passes.TRAFFIC),
    ),
    Metric(
        "head_mb_per_token", "output head traffic", "MB/token", "of it the weights of the output head",
        _megabytes("head"),
    ),
    Metric(
        "kv_mb_per_token", "cache traffic", "MB/token", "of it keys and values of earlier tokens",
        _megabytes("kv"),
    ),
    Metric(
        "activation_mb_per_token", "activation traffic", "MB/token",
        "of it activations of ternary layers, their results and rows of the embedding",
        _megabytes("activations", "embedding"),
    ),
    Metric(
        "dram_uj_per_token", "energy of the memory", "µJ/token",
        "energy of what the memory moves for a token",
        lambda v: 8 * v("dram_mb_per_token") * memory_energy(v),
    ),
    Metric(
        "buffer_uj_per_token", "energy of the buffers", "µJ/token",
        "energy of reading and writing memories on chip for the ternary layers of a token",
        _buffer_energy,
    ),
)  # fmt: skip
