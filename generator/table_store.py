"""How tables come by their entries: registers that take all at once, a memory, one in a cycle, or a port."""

from __future__ import annotations

from typing import Literal, assert_never, get_args

TableStore = Literal["registers", "memory", "port"]

TABLE_STORES: tuple[TableStore, ...] = get_args(TableStore)


def fills_memories(store: TableStore) -> bool:
    """Whether entries are made one after the other."""
    match store:
        case "registers" | "port":
            return False
        case "memory":
            return True
        case unknown:
            assert_never(unknown)


def receives_entries(store: TableStore) -> bool:
    """Whether entries are made elsewhere and come on the stream of activations."""
    match store:
        case "registers" | "memory":
            return False
        case "port":
            return True
        case unknown:
            assert_never(unknown)
