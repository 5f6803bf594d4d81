"""Cells of a library: functions, delays, capacitances, and how they are read from Liberty."""
