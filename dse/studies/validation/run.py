"""The body of ``ternlut validate``: which technology against what measures in it, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.fit.libraries import measurer_of
from costmodel.fit.validation import Sample, Validation, validate
from costmodel.price.technology import load_technology
from dse.presentation.terminal import Progress, aligned
from dse.studies.validation.summary import error_tables, sentences


def run(
    tech: str,
    liberty: Sequence[Path],
    dont_use: Sequence[str],
    sample: Sample,
    permutations: int,
    workers: int,
    progress: Progress,
) -> Validation:
    """Validates a technology against what measures in it, with cells of ``liberty`` files or shipped ones.

    Cells that match a pattern of ``dont_use`` are left out.

    Raises ``TechnologyError`` where there is no such technology, or where it has coefficients alone and no
    files are given.
    """
    measurer = measurer_of(tech, liberty, dont_use=dont_use)
    return validate(load_technology(tech), measurer, sample, permutations, workers, progress)


def text_of(validation: Validation) -> str:
    """The findings of a validation, for a terminal."""
    paragraphs = sentences(validation)
    for errors in error_tables(validation):
        paragraphs.append(f"{errors.title}\n{aligned(errors.head, errors.rows)}")
    return "\n\n".join(paragraphs)
