"""Commands are made when they are chosen."""

from __future__ import annotations

import pytest
import typer

from dse import cli
from dse.commands.group import group_of
from tests.dse.running import Run


def test_help_makes_no_command_and_a_command_only_itself(
    ternlut: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[list[str | None]] = []
    get_command = typer.main.get_command

    def watched(app: typer.Typer) -> object:
        made.append([command.name for command in app.registered_commands])
        return get_command(app)

    monkeypatch.setattr(typer.main, "get_command", watched)
    monkeypatch.setattr(cli.app.info, "cls", group_of(cli.COMMANDS))
    assert "synth" in ternlut("--help").out
    assert made == [[]]
    made.clear()
    assert "Yosys" in ternlut("synth", "--help").out
    assert made == [[], ["synth"]]
