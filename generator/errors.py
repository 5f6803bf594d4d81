"""What can be wrong with what a user gives us, raised where the fact is known, reported in one line."""

from __future__ import annotations

from collections.abc import Iterable


class TernlutError(Exception):
    """The base of errors that are the input's fault; the message is one line: what, where, what is right."""


class ConfigError(TernlutError):
    """A core's parameters are not allowed; the message names the key, the value and what is allowed."""


class KeyFileError(TernlutError):
    """A stream or file of keys holds something the key code does not define."""


class WorkloadError(TernlutError):
    """A workload does not fit the core, or cannot be read."""


FEW = 12
"""Names that are listed in full."""


def instead(name: object, known: Iterable[str], listing: str = "") -> str:
    """What to say of ``name``, which none of the ``known`` is: the nearest, else what there is.

    ``listing`` is what ``ternlut list`` calls the known names.
    """
    from difflib import get_close_matches

    names = sorted(known) if listing else list(known)
    plain = {each.lower().replace("-", "_"): each for each in names}
    wanted = str(name).lower().replace("-", "_")
    near = [plain[each] for each in get_close_matches(wanted, plain, n=3, cutoff=0.65)]
    near = near or [each for key, each in plain.items() if len(wanted) > 2 and wanted in key][:3]
    everything = f"`ternlut list {listing}` has all {len(names)}" if listing else ""
    if near:
        question = f"did you mean {' or '.join(map(repr, near))}?"
        return f"{question} {everything}".rstrip()
    return f"{', '.join(names)} are known" if len(names) <= FEW or not listing else everything
