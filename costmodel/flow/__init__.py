"""From Verilog to a mapped and sized netlist; knows no core."""
