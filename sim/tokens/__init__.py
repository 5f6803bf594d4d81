"""A design without its values: which transfers move in which cycle, whatever makes its streams wait.

Where buffers and a memory off chip come between, cycles follow no formula. What remains when values are left
out, valid bits and counters, says them exactly, at some hundred thousand cycles a second.
"""
