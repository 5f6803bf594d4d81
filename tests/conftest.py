"""What all tests need of the process that they run in."""

from __future__ import annotations

import signal

# A shell starts what runs in the background with interrupts ignored, and what tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
