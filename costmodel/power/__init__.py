"""Measured energy of a mapped netlist: gate-level simulation with the library's delays, and its energies."""
