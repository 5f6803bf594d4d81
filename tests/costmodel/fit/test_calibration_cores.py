"""The cores that technologies are fitted to stay what they are, and a technology says which they were."""

from __future__ import annotations

import json
from collections.abc import Iterator

import ml_dtypes
import pytest

from costmodel.fit import calibration_cores as module
from costmodel.fit.calibration_cores import calibration_cores, calibration_of, cores_of, fabric_cores
from costmodel.fit.sampling import draw_cores, size
from costmodel.fit.validation import Sample, Validation
from costmodel.price.technology import Calibration, Technology, load_technology, shipped_technologies
from dse.studies.validation.summary import figures, sentences
from generator.config import CoreConfig
from generator.formats import FLOATS, Float
from tests.costmodel.validations import made_up

SHIPPED = [load_technology(name) for name in shipped_technologies()]


@pytest.fixture
def another_format(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A number format more, and nothing remembered from before."""
    monkeypatch.setitem(FLOATS, "fp8_e3m4", Float("fp8_e3m4", 3, 4, ml_dtypes.float8_e3m4))
    forget()
    yield
    forget()


def forget() -> None:
    module.calibration_cores.cache_clear()
    module._stated.cache_clear()


def test_there_are_two_hundred_different_ones_and_those_of_carry_save() -> None:
    assert len(set(calibration_cores())) == len(calibration_cores()) == 224
    cores, others = calibration_cores()[:200], calibration_cores()[200:]
    assert {core.reduction for core in cores} == {"tree"}
    assert {core.reduction for core in others} == {"carry_save"}
    assert {core.architecture for core in others} == {"lut", "select", "multiplier"}
    assert 3 <= sum(core.datapath is not None for core in others) <= 9
    assert {core.architecture for core in cores} == {"lut", "select", "multiplier"}
    assert 80 <= sum(core.datapath is not None for core in cores) <= 120
    sizes = [size(core) for core in cores]
    assert sizes[0] < 500 < 3000 < sizes[-1]


def test_a_new_format_changes_a_draw_but_not_the_calibration(another_format: None) -> None:
    with_it = draw_cores(2, 20, floats=1.0)
    assert SHIPPED[0].calibration is not None
    fitted = calibration_cores()[: SHIPPED[0].calibration.cores]
    assert calibration_of(fitted) == SHIPPED[0].calibration
    del FLOATS["fp8_e3m4"]
    assert draw_cores(2, 20, floats=1.0) != with_it


@pytest.mark.parametrize("technology", SHIPPED, ids=lambda technology: str(technology.name))
def test_shipped_technologies_say_which_cores_they_were_fitted_to(technology: Technology) -> None:
    assert technology.calibration is not None
    order, least = (fabric_cores(), 44) if technology.measured_by == "fabric" else (calibration_cores(), 200)
    assert technology.calibration.cores >= least
    assert cores_of(technology.calibration) == frozenset(order[: technology.calibration.cores])


def test_a_technology_of_fewer_cores_has_seen_only_those() -> None:
    few = calibration_of(calibration_cores()[:30])
    assert cores_of(few) == frozenset(calibration_cores()[:30])


@pytest.mark.parametrize(
    "calibration",
    [
        None,
        Calibration(cores=200, digest="0123456789abcdef"),
        Calibration(cores=900, digest="0123456789abcdef"),
        calibration_of([*calibration_cores()[1:], calibration_cores()[0]]),
        calibration_of([CoreConfig.parse({"tables": 1, "columns": 1})]),
    ],
)
def test_other_cores_are_not_known(calibration: Calibration | None) -> None:
    assert cores_of(calibration) is None


def test_the_list_states_every_key_that_is_not_empty() -> None:
    for core, line in module._stated().items():
        stated = json.loads(line)
        assert stated == core.model_dump(mode="json", exclude_none=True)


def test_a_validation_leaves_out_what_the_technology_has_seen() -> None:
    """Drawn as the list was drawn, whose cores it then would be."""
    sample = Sample(seed=module.SEED, points=8, smallest=300, largest=3500, floats=0.0)
    assert set(draw_cores(sample.seed, 8, sample.smallest, sample.largest)) <= set(calibration_cores())
    assert not set(sample.draw(SHIPPED[0])) & set(calibration_cores())
    smallest = calibration_of(calibration_cores()[:30])
    drawn = set(sample.draw(SHIPPED[0].model_copy(update={"calibration": smallest})))
    assert drawn & set(calibration_cores()[30:])
    assert not drawn & set(calibration_cores()[:30])


def test_a_validation_says_so_when_it_cannot_know_what_was_seen() -> None:
    known = made_up()
    unknown = Validation(
        known.technology.model_copy(update={"calibration": None}), known.origin, known.sample, known.cores
    )
    assert (figures(known)["unseen"], figures(unknown)["unseen"]) == (True, False)
    assert "none of them calibrated on" in sentences(known)[0]
    assert "some may have been calibrated on" in sentences(unknown)[0]
