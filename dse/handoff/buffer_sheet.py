"""What a datasheet says of buffers: words of their streams, what lies in memory, the memories' contract."""

from __future__ import annotations

from collections.abc import Mapping

from dse.handoff.templates import text_of
from generator.plan import Buffer, CorePlan, buffers_of

PACKETS = {
    "activation": "a block of tokens: `n_tiles` beats, once",
    "key": "the keys of a block of tokens: `n_tiles` · `m_tiles` beats, those of `keys.bin`",
}
PLURAL = {"activation": "activations", "key": "keys"}
REPLAY = (
    "The memory of activations has two halves: while a block is replayed, for every tile of outputs, the "
    "next one is taken into the other. A block is given to the cores from its first beat on.\n\n"
)


def streams_of(plan: CorePlan) -> dict[str, Buffer]:
    """The buffers by the streams that they are in."""
    buffers = buffers_of(plan)
    held = {"activation": buffers.activations, "key": buffers.keys}
    return {stream: buffer for stream, buffer in held.items() if buffer is not None}


def buffered_meanings(plan: CorePlan) -> dict[str, str]:
    """What ports are for where streams are buffered."""
    meanings: dict[str, str] = {}
    for stream in streams_of(plan):
        meanings |= {
            f"s_axis_{stream}_tdata": f"a word: bytes of {PLURAL[stream]}, see Buffers",
            f"s_axis_{stream}_tkeep": "bytes of a packet's last word that count, from the lowest up",
            f"s_axis_{stream}_tlast": "last word of a packet",
        }
        if stream == "activation":
            meanings |= {
                "n_tiles": "tiles along N of the next block, {n}; sampled with a block's first word",
                "m_tiles": "tiles along M of the next block, {m}; sampled with a block's first word",
            }
    return meanings


def buffers_section(plan: CorePlan, memories: Mapping[str, str]) -> str:
    """The section on buffers, empty where there are none; ``memories``: their modules by stream."""
    held = streams_of(plan)
    if not held:
        return ""
    head = ["stream", "memory", "words", "a beat in memory", "a packet"]
    rows = [
        [
            PLURAL[stream],
            f"`{memories[stream]}`",
            f"{buffer.words:,} × {buffer.bits} bits",
            f"{buffer.beat_bytes} bytes",
            PACKETS[stream],
        ]
        for stream, buffer in held.items()
    ]
    word = plan.config.buffers.bus_bits
    section = text_of(
        "buffers.md",
        BITS=str(word),
        BYTES=str(word // 8),
        STREAMS="\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)),
        REPLAY=REPLAY if "activation" in held else "",
    )
    return f"{section}\n"
