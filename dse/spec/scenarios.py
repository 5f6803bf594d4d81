"""Scenarios of a space: keys of a request, formats of what is not ternary, and technologies may be axes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from dse.spec.workload import REQUEST_KEYS, Workload
from generator.errors import WorkloadError
from generator.validation import one_line

FORMAT_KEYS = ("head", "embedding", "kv")
WORKLOAD_KEYS = (*REQUEST_KEYS, "tokens", "block", *FORMAT_KEYS)
"""Keys of a workload that may be axes."""
TECHNOLOGY = "technology"
SCENARIO_KEYS = (*WORKLOAD_KEYS, TECHNOLOGY)
"""Keys of a spec beside its designs' that may be axes: what is asked, and what designs are made in."""


def varied(workload: Workload, values: Mapping[str, Any]) -> Workload:
    """``workload`` with other ``values`` of some of ``WORKLOAD_KEYS``; others of ``values`` do not count.

    Raises ``WorkloadError`` in one line where there is no such workload.
    """
    chosen = tuple((key, values[key]) for key in WORKLOAD_KEYS if key in values)
    return _varied(workload, chosen) if chosen else workload


@lru_cache(maxsize=1024)
def _varied(workload: Workload, chosen: tuple[tuple[str, Any], ...]) -> Workload:
    asked = {key: value for key, value in chosen if key in REQUEST_KEYS}
    fields = {name: getattr(workload, name) for name in Workload.model_fields}
    if asked:
        if len(workload.requests) > 1 or workload.tokens is not None:
            raise WorkloadError(f"{', '.join(asked)}: axes of the one request of a workload are expected")
        (request,) = workload.requests or (None,)
        stated = {key: getattr(request, key) for key in REQUEST_KEYS} if request else {}
        fields = {key: value for key, value in fields.items() if key not in ("tokens", "requests")}
        fields |= stated | asked
    fields |= {key: value for key, value in chosen if key not in REQUEST_KEYS}
    try:
        return Workload.model_validate(fields)
    except ValidationError as error:
        raise WorkloadError(one_line(error, Workload)) from None


@lru_cache(maxsize=1024)
def only(workload: Workload, name: str) -> Workload:
    """``workload`` with the one of its requests that is called ``name``."""
    chosen = tuple(request for request in workload.requests if request.name == name)
    alone = workload.serving(chosen[0].model)
    fields = {key: getattr(alone, key) for key in Workload.model_fields if key != "served"}
    chosen = tuple(request.model_copy(update={"model": None}) for request in chosen)
    return Workload.model_validate(fields | {"requests": chosen})
