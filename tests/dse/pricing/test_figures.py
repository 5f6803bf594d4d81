"""Prices are asked for by type: nothing that a spec can name is in their way, and none stands for another."""

from __future__ import annotations

import pickle

from costmodel.price.area import AREA_TERMS
from costmodel.price.combining import JOINING_TERMS
from costmodel.price.energy import REASONS, takes
from costmodel.price.technology import load_technology
from costmodel.price.timing import DELAY_TERMS
from costmodel.speeds import SPEEDS
from dse.pricing.computed import STEPS
from dse.pricing.figure import Estimate, PlanFigure, Step
from dse.pricing.metrics import METRICS
from dse.pricing.plan_figures import PLAN_FIGURES, tabulated
from dse.spec.space import DESIGN_KEYS

FIGURES = tabulated(load_technology("asap7"))


def test_every_figure_is_tabulated_under_a_key_of_its_own() -> None:
    prices = len(SPEEDS) * (len(AREA_TERMS) + len(JOINING_TERMS))
    prices += sum(takes(term.bill, reason) for term in (*AREA_TERMS, *JOINING_TERMS) for reason in REASONS)
    assert len(FIGURES) == prices + 2 * len(DELAY_TERMS) + len(PlanFigure) + len(Estimate)
    assert set(PLAN_FIGURES) == set(PlanFigure)
    assert {Step.TARGET_CLOCK, *STEPS} == set(Step)


def test_figures_are_no_names_and_their_digests_differ() -> None:
    figures = [*FIGURES, *Step]
    assert not {*DESIGN_KEYS, *METRICS} & set(figures)
    assert len({str(figure) for figure in figures}) == len(figures)
    assert not any(isinstance(figure, str) for figure in figures)


def test_figures_are_found_again_in_another_process() -> None:
    assert pickle.loads(pickle.dumps(list(FIGURES))) == list(FIGURES)
