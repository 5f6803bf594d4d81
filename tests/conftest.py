"""What all tests need of the process that they run in."""

from __future__ import annotations

import gc
import os
import signal

# A shell starts what runs in the background with interrupts ignored, and what tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Threads for linear algebra take a tenth of a second of every process that is started, and have little to do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What is imported lives as long as the process; to look through it for garbage takes a share of all tests.
gc.set_threshold(50_000)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for what they start a tenth of their time."""
    return (os.cpu_count() or 1) + 1
