"""What is said of verified designs, above all of those that do not keep what the model promised."""

from __future__ import annotations

from typing import Any

from dse.pricing.metrics import Priced
from dse.sweep.report.verified_section import verified_section
from dse.sweep.results.verified import Figures, Verified, errors
from dse.sweep.summary.measured import sentences, table

CELLS = Priced()


def figures(area: float, delay: float = 900.0, cycles: int = 1234) -> Figures:
    return {
        "area_um2": area,
        "relaxed_um2": area,
        "medium_um2": 1.1 * area,
        "tight_um2": 1.2 * area,
        "delay_ps": delay,
        "cycles": cycles,
    }


def verified(rank: int, **changes: Any) -> Verified:
    """A design of 9,701 µm² that the model takes for 1.8 % larger."""
    modelled, measured = figures(9876.0), figures(9701.0, 1000.0)
    values: dict[str, Any] = {
        "id": 10 + rank,
        "rank": rank,
        "what": "recommended core" if rank == 1 else f"core ranked {rank}",
        "design": f"lut, {rank} tables",
        "core": "name",
        "library": "cells",
        "trial": "layer k (2560 → 640), one token",
        "modelled": modelled,
        "measured": measured,
        "error_percent": errors(modelled, measured),
        "results": 640,
        "mismatches": 0,
        "failures": (),
        "bit_exact": True,
        "broken": (),
    }
    return Verified(**{**values, **changes})


def test_the_first_sentence_has_both_figures_and_the_layer() -> None:
    (said,) = sentences([verified(1)], CELLS)
    assert said == (
        "The recommended core was synthesized: 9,701 µm², the model says +1.8 %. Sized to be as fast as can "
        "be its longest path is 1,000 ps, the model says −10.0 %, and its area 11,641 µm², the model says "
        "+1.8 %. Simulated on layer k (2560 → 640), one token: bit-exact, 1,234 cycles as modelled."
    )


def test_a_core_over_the_budget_is_named_and_so_is_the_best_that_holds() -> None:
    over = ("10,120 µm² is over the budget of 10,000 µm²",)
    found = [verified(1, broken=over), verified(2, broken=over), verified(3), verified(4)]
    text = " ".join(sentences(found, CELLS))
    assert "does not keep what was asked for: 10,120 µm² is over the budget of 10,000 µm²." in text
    assert "Of 4 designs that were synthesized and simulated all are bit-exact and 2 are within" in text
    assert "The best verified design that holds is the core ranked 3, lut, 3 tables: 9,701 µm²" in text


def test_where_no_verified_core_holds_that_is_said() -> None:
    found = [verified(1, broken=("too slow",)), verified(2, broken=("too slow",))]
    assert sentences(found, CELLS)[-1].startswith("None of the designs that were verified holds")


def test_a_core_that_computes_wrongly_is_said_to_be_wrong_everywhere() -> None:
    wrong = verified(2, mismatches=3, bit_exact=False, failures=("y[0, 7] is 3, 4 is right",))
    found = [verified(1), wrong]
    assert not wrong.passed
    assert not wrong.holds
    assert "y[0, 7] is 3, 4 is right" in wrong.complaint
    assert any(
        text.startswith("WRONG: design 12, the core ranked 2, fails on layer k")
        for text in sentences(found, CELLS)
    )
    assert [row[9] for row in table(found, CELLS)[1]] == ["bit-exact", "WRONG"]


def test_results_in_the_wrong_cycle_are_no_success() -> None:
    late = verified(1, failures=("result beat 3 came 9 cycles after",))
    assert late.bit_exact
    assert not late.passed
    assert late.complaint


def test_cycles_that_never_ended_have_no_error() -> None:
    assert "cycles" not in errors(figures(1.0), figures(1.0, cycles=0))


def test_the_section_of_the_page_is_escaped_and_absent_where_nothing_was_verified() -> None:
    section = verified_section([verified(1, trial="layer <b> & co")], CELLS)
    assert "layer &lt;b&gt; &amp; co" in section
    assert "<b>" not in section
    assert verified_section([], CELLS) == ""
