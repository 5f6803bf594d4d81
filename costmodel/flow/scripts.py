"""What Yosys is told to make of words, and ABC of gates."""

from __future__ import annotations

COARSE = (
    "opt_expr",
    "opt_clean",
    "opt -nodffe -nosdff",
    "fsm",
    "opt",
    "wreduce",
    "peepopt",
    "opt_clean",
    # Booth's code with an array of adders: a third smaller than plain partial products.
    "booth -lowpower t:$mul r:A_SIGNED=1 %i",
    "booth t:$mul",
    "alumacc t:$mul t:$macc t:$lt t:$le t:$gt t:$ge t:$eq t:$ne",
    "opt",
    "memory -nomap",
    "opt_clean",
)
"""Word-level optimisation. Sums stay as they are written: no pass may merge or share them."""

# Every design is mapped with both scripts, and the smaller result is taken: which one that is depends on the
# design (by up to 3 %), and together they take less time than reading the design in.
SCRIPTS = ("strash;dc2;balance;dch -f;amap", "strash;&get -n;&syn4;&put;balance;dch -f;amap")
LEAN, FAST = "strash;dch;map -a", "strash;{balance}dch;map -v -B 0.9 {limit};topo"
BALANCE = "if -g -K 6;strash;"
"""Scripts that map for area once carries are fast, and for paths no longer than a limit; and what makes logic
as shallow as can be before that, for a quarter more area."""
ORDINARY = tuple(
    f"strash;dch;&get -n;&nf{options};&put;buffer -c -G 500;topo;stime;upsize;dnsize"
    for options in (" -C 32 -F 8 -p", "")
)
"""Map all of a large design for speed, to cells of all strengths: for less area, or as it happens more speed.

``map`` takes an eighth more there, and no more for a few thousand cells: of fp16, 12 tables and 16 columns,
asap7 at 7,444 ps, 15,584 µm² for 13,244. With ABC's usual gain of buffers it is 2 % larger and no faster.
"""
