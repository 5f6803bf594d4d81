"""How tables hold their entries: in registers that take all at once, or in a memory, one in a cycle."""

from __future__ import annotations

from typing import Literal, assert_never, get_args

TableStore = Literal["registers", "memory"]

TABLE_STORES: tuple[TableStore, ...] = get_args(TableStore)


def fills_memories(store: TableStore) -> bool:
    """Whether entries are made one after the other."""
    match store:
        case "registers":
            return False
        case "memory":
            return True
        case unknown:
            assert_never(unknown)
