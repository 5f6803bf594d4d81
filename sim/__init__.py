"""Golden model, and the cocotb + Verilator harness that holds the RTL against it."""
