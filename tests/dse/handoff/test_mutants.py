"""The regression of a hand-off notices every wrong core of a list."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dse.handoff.conftest import HandOff, hand_off
from tests.dse.handoff.mutants import CORES, Mutant, mutants
from tests.dse.handoff.test_regression import icarus, regression

QUICK = r"golden/case=(tiles|many_sums)/traffic=ALL"
"""What notices most of them; the others are for the whole regression."""


@pytest.fixture(scope="module")
def cores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HandOff]:
    """The cores as they should be."""
    return {name: hand_off(core, tmp_path_factory.mktemp(name)) for name, core in CORES.items()}


def noticed(core: HandOff, mutant: Mutant, directory: Path, environment: dict[str, str]) -> bool:
    """Whether the regression under Icarus fails for the ``mutant``."""
    shutil.copytree(core.directory, directory)
    mutant.apply(directory)
    for choice in (["--filter", QUICK], []):
        if regression(directory, environment, "--sim", "icarus", *choice).returncode == 1:
            return True
    return False


def test_ninety_mutants_of_six_cores_are_listed_and_are_of_these_cores(cores: dict[str, HandOff]) -> None:
    listed = mutants()
    assert len(set(listed)) == len(listed) >= 90
    assert {mutant.core for mutant in listed} == set(CORES)
    for mutant in listed:
        assert mutant.changed != mutant.line
        path, _ = mutant.place(cores[mutant.core].directory)
        assert path.is_file()


@icarus
@pytest.mark.exhaustive
@pytest.mark.parametrize("core", CORES)
def test_the_cores_themselves_pass(
    core: str, cores: dict[str, HandOff], without_ternlut: dict[str, str]
) -> None:
    done = regression(cores[core].directory, without_ternlut, "--sim", "icarus")
    assert done.returncode == 0, done.stdout + done.stderr


@icarus
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "mutant", mutants(), ids=lambda mutant: f"{mutant.core}, {mutant.module}, {mutant.what}"
)
def test_every_mutant_is_noticed(
    mutant: Mutant, cores: dict[str, HandOff], without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    assert noticed(cores[mutant.core], mutant, tmp_path / "mutant", without_ternlut), mutant
