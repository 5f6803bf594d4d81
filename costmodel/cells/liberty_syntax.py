"""The grammar of Liberty files: comments, strings, continued lines, included files, groups and attributes."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from generator.errors import TernlutError


class LibertyError(TernlutError):
    """A Liberty file that cannot be used; the message is one line that names the file."""


_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_COMMENT = re.compile(rf"{_STRING}|/\*.*?\*/|//[^\n]*|\\[ \t]*\n", re.DOTALL)
_INCLUDE = re.compile(rf"{_STRING}|\binclude_file\s*\(([^()]*)\)[ \t]*;?", re.DOTALL)
# One statement: `name (arguments) {` or `;`, `name : value;`, or a closing brace.
_STATEMENT = re.compile(
    rf"""
    [\s;]*
    (?: ([A-Za-z_][\w.]*)\s*
        (?: \( ([^()"]*(?:(?:{_STRING}|\([^()]*\))[^()"]*)*) \) \s* ([{{;]?)
          | [:=][ \t]* ({_STRING}|[^;\n{{}}"]*?) \s* (?:;|\n|(?=[}}])) )
      | (\}}) )""",
    re.VERBOSE | re.DOTALL,
)
_REST = re.compile(r"[\s;]*")
_BRACE = re.compile(rf"{_STRING}|[{{}}]", re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')
_MAGIC = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd"}


class Group:
    """A group of the file as read: its kind, arguments, simple attributes and inner groups."""

    __slots__ = ("arguments", "attributes", "groups", "kind")

    def __init__(self, kind: str, arguments: str) -> None:
        self.kind = kind
        self.arguments = arguments.strip().strip('"')
        self.attributes: dict[str, str] = {}
        self.groups: list[Group] = []

    def of(self, kind: str) -> list[Group]:
        return [group for group in self.groups if group.kind == kind]

    def names(self) -> list[str]:
        """The names that a group is given to: several pins may share one."""
        return re.findall(r'[^\s,"]+', self.arguments)

    def true(self, attribute: str) -> bool:
        """Whether a Boolean attribute is stated and true, in any case of letters."""
        return self.attributes.get(attribute, "").strip().lower() == "true"


def read_text(path: Path) -> str:
    """The text of a Liberty file, plain or gzip whatever its name, with the files that it includes.

    Raises ``LibertyError``.
    """
    return _included(path, ())


def _included(path: Path, within: tuple[Path, ...]) -> str:
    text = _decoded(path)
    if "include_file" not in text:
        return text

    def insert(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        included = path.parent / match[1].strip().strip('"')
        if included.resolve() in (file.resolve() for file in (*within, path)):
            raise LibertyError(f"{path}: includes {included}, which includes it in turn")
        if not included.is_file():
            raise LibertyError(f"{path}: includes {included}, which is not there")
        return _included(included, (*within, path))

    return _INCLUDE.sub(insert, _without_comments(text))


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LibertyError(
            f"{path}: cannot read this Liberty file ({os.strerror(error.errno or 0)})"
        ) from None
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            raise LibertyError(f"{path}: a {name} file, Liberty is read plain or compressed with gzip")
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise LibertyError(f"{path}: truncated or damaged gzip file ({error})") from None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _without_comments(text: str) -> str:
    """Comments become blanks and continued lines one line; a line keeps its number where it is not joined."""
    return _COMMENT.sub(_blank, text) if "/*" in text or "//" in text or "\\" in text else text


def _blank(match: re.Match[str]) -> str:
    text = match[0]
    if text[0] == '"':
        return text
    return " " if text[0] == "\\" else " " + "\n" * text.count("\n")


def parse_groups(text: str, source: str, read: Callable[[str, str], bool]) -> Group:
    """The groups of a text under a nameless one, of those only that ``read(kind, arguments)`` asks for.

    Of the others the outermost one leaves an attribute of its kind. Raises ``LibertyError``.
    """

    def fail(what: str) -> NoReturn:
        raise LibertyError(f"{source}: {what}")

    text = _without_comments(text)
    root = Group("", "")
    open_groups = [root]
    position = 0
    while match := _STATEMENT.match(text, position):
        position = match.end()
        name, arguments, follow, value, closing = match.groups()
        if closing:
            open_groups.pop()
            if not open_groups:
                fail("unbalanced braces, one } too many")
        elif value is not None:
            open_groups[-1].attributes[name] = _plain(value)
        elif follow == "{":
            group = Group(name, arguments)
            if read(name, group.arguments):
                open_groups[-1].groups.append(group)
                open_groups.append(group)
            else:
                open_groups[-1].attributes.setdefault(name, group.arguments)
                position = _skip(text, position)
                if position < 0:
                    fail("truncated Liberty file (unbalanced braces)")
        else:
            open_groups[-1].attributes[name] = arguments
    rest = _REST.match(text, position)
    position = rest.end() if rest else position
    if position < len(text):
        if len(open_groups) == 1 and not root.groups:
            fail("not a Liberty file (no library group)")
        line = text.count("\n", 0, position) + 1
        excerpt = text[position : position + 40].split("\n")[0]
        fail(f"line {line}: {excerpt!r} is no Liberty statement; is the file truncated or damaged?")
    if len(open_groups) > 1:
        fail("truncated Liberty file (unbalanced braces)")
    return root


def _plain(value: str) -> str:
    if value[:1] != '"':
        return value
    return _ESCAPE.sub(r"\1", value[1:-1]) if "\\" in value else value[1:-1]


def _skip(text: str, position: int) -> int:
    """The position after the group whose opening brace lies just before; -1 if it never ends."""
    depth = 1
    for match in _BRACE.finditer(text, position):
        brace = match[0]
        if brace == "{":
            depth += 1
        elif brace == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return -1
