"""A group of commands whose options are made when a command is chosen.

Typer makes the options of all commands before it looks at the command line, which takes as long as all else
that ``ternlut --help`` does. What lists commands needs their names and the first lines of their docstrings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperGroup

Functions = Mapping[str, Callable[..., Any]]
"""Functions that are commands, under the commands' names."""


class MadeWhenChosen(Mapping[str, Any]):
    """Typer's commands of ``functions``, each made when it is first asked for."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            function = self.functions[name]
            app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            app.command(name, short_help=first_line(function))(function)
            self.made[name] = typer.main.get_command(app)
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.functions)

    def __len__(self) -> int:
        return len(self.functions)


def group_of(functions: Functions) -> type[TyperGroup]:
    """The class of groups, for ``typer.Typer(cls=...)``, whose commands are ``functions``."""

    class Commands(TyperGroup):
        """The group of these commands."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands: Any = MadeWhenChosen(functions)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            """The names and first sentences, whole: Typer would cut them."""
            with formatter.section("Commands"):
                formatter.write_dl([(name, first_line(function)) for name, function in functions.items()])

    return Commands


def first_line(function: Callable[..., Any]) -> str:
    """What ``function`` does, in one line."""
    return (function.__doc__ or "").partition("\n")[0]
