"""The body of ``ternlut validate``: which technology against which cells, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.liberty import Library
from costmodel.synthesis import SynthesisError, shipped_library
from costmodel.technology import TechnologyError, load_technology
from costmodel.validation import Sample, Validation, validate
from dse.terminal import Progress, aligned
from dse.validation_summary import error_tables, sentences


def run(
    tech: str,
    liberty: Sequence[Path],
    sample: Sample,
    permutations: int,
    workers: int,
    progress: Progress,
) -> Validation:
    """Validates a technology against its cells: those of ``liberty`` files, or shipped ones.

    Raises ``TechnologyError`` where there is no such technology, or where it has coefficients alone and no
    files are given.
    """
    technology = load_technology(tech)
    if liberty:
        library = Library.of(tuple(liberty))
    else:
        try:
            library = shipped_library(tech)
        except SynthesisError:
            raise TechnologyError(
                f"technology {tech}: its coefficients are known, its cells ({technology.corner}) are not; "
                "give them with --liberty FILE"
            ) from None
    return validate(technology, library, sample, permutations, workers, progress)


def text_of(validation: Validation) -> str:
    """What a validation found, for a terminal."""
    paragraphs = sentences(validation)
    for found in error_tables(validation):
        paragraphs.append(f"{found.title}\n{aligned(found.head, found.rows)}")
    return "\n\n".join(paragraphs)
