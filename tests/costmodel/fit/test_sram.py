"""Memories on chip: the fit to macros, its errors on those left out, and what larger memories are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from costmodel.fit.sram import Macro, fit_sram, read_macros
from costmodel.price.sram import SUMMED, SramTable, sram_tables
from generator.errors import TernlutError

MACROS = Path(__file__).parents[4] / "shared" / "memories" / "sram_macros.csv"


def invented(ports: int, words: int, bits: int) -> Macro:
    """A macro whose figures are exactly of the model's kind."""
    return Macro(
        ports=ports,
        words=words,
        bits=bits,
        area_um2=100 + 2 * words + 30 * bits + (1.5 + 0.7 * (ports - 1)) * words * bits + 40 * (ports - 1),
        read_pj=1 + 0.01 * words + 0.2 * bits + 0.001 * words * bits,
        write_pj=2 + 0.01 * words + 0.3 * bits + 0.001 * words * bits,
        access_ps=300 * words**0.3 * bits**0.1 * 1.2 ** (ports - 1),
    )


def test_macros_of_the_model_s_kind_are_fitted_exactly_and_so_are_those_left_out() -> None:
    macros = [invented(p, w, b) for p in (1, 2) for w in (64, 256, 1024) for b in (8, 24, 64)]
    fit = fit_sram(macros)
    assert fit.coefficients["area_um2"] == pytest.approx((100, 2, 30, 1.5, 0.7, 40))
    assert all(error.max_percent < 1e-6 for error in fit.errors.values())
    # A macro of a kind that the model does not know is off where it is left out, not where it is fitted.
    odd = macros[4].model_copy(update={"area_um2": 2 * macros[4].area_um2})
    error = fit_sram([*macros[:4], odd, *macros[5:]]).errors["area_um2"]
    assert 25 < error.max_percent < 75


def test_a_large_memory_is_several_macros_side_by_side_and_in_banks() -> None:
    table = sram_tables()["sg13g2"]
    one = table.memory(8192, 64)
    several = table.memory(2 * 8192, 3 * 64)
    assert several.area_um2 == pytest.approx(6 * one.area_um2)
    # One bank is read, of all macros that are side by side.
    assert several.read_pj == pytest.approx(3 * one.read_pj)
    assert several.access_ps == pytest.approx(one.access_ps)
    assert table.memory(3, 2).area_um2 == table.memory(64, 8).area_um2


def test_two_halves_of_one_port_take_turns_where_there_are_no_two_ports() -> None:
    table = sram_tables()["asap7"]
    assert table.ports == 1
    assert table.memory(1000, 64, ports=2).area_um2 == pytest.approx(2 * table.memory(500, 64).area_um2)


def test_every_memory_within_the_range_costs_something() -> None:
    for table in sram_tables().values():
        words, bits = np.meshgrid(np.geomspace(1, 1 << 20, 30), np.geomspace(1, 2000, 30))
        for ports in (1, 2):
            for figures in table.memory(words, bits, ports):
                assert (figures > 0).all()


def test_what_is_scaled_is_said() -> None:
    tables = sram_tables()
    assert not tables["sg13g2"].scaled
    assert "SG13G2" in tables["asap7"].scaled
    assert "stand-ins" in tables["asap7"].source
    assert "SG13G2" in tables["sky130hd"].scaled


@pytest.mark.skipif(not MACROS.exists(), reason="the macros' figures are not here")
def test_shipped_memories_are_those_of_the_macros_and_left_out_ones_are_within_a_quarter() -> None:
    macros = read_macros(MACROS, "sg13g2")
    fit, table = fit_sram(macros), sram_tables()["sg13g2"]
    assert len(macros) == 28
    for name, error in fit.errors.items():
        assert error.median_percent <= 10
        assert error.max_percent <= 25
        assert table.fit[name].median_percent == pytest.approx(error.median_percent, abs=0.01)
        assert table.fit[name].max_percent == pytest.approx(error.max_percent, abs=0.01)
        assert getattr(table, name) == pytest.approx(fit.coefficients[name], rel=1e-4)
    for macro in macros:
        memory = table.memory(macro.words, macro.bits, macro.ports)
        for name in SUMMED:
            assert getattr(memory, name) == pytest.approx(getattr(macro, name), rel=0.25)


def test_macros_that_cannot_be_read_are_refused_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "macros.csv"
    file.write_text("technology,ports,words,bits,area_um2,read_pj,write_pj,access_ps\nmine,1,64,8,5,1,,9\n")
    with pytest.raises(TernlutError, match=r"macros.csv: write_pj = '': a number is expected|valid number"):
        read_macros(file, "mine")
    with pytest.raises(TernlutError, match="has no macros of yours"):
        read_macros(file, "yours")


def test_a_table_says_what_it_is_of() -> None:
    assert all(isinstance(table, SramTable) and table.source for table in sram_tables().values())
