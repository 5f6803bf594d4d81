# @TOP@ in Vivado, by itself, without pins: synthesized, placed and routed, with its utilisation and timing.
#   vivado -mode batch -source fpga/vivado.tcl
# The part; PART in the environment goes before. This one is that of the Kria KV260.
set part xck26-sfvc784-2LV-c
# Reports and the checkpoint go here.
set results vivado

set here [file dirname [file normalize [info script]]]
if {[info exists ::env(PART)]} { set part $::env(PART) }
file mkdir $results

set list [open [file join $here .. @TOP@.f]]
foreach source [split [string trim [read $list]] \n] {
    read_verilog [file join $here .. $source]
}
close $list
# Vivado reads it as Tcl, for it has a condition.
read_xdc -unmanaged -mode out_of_context [file join $here .. constraints.sdc]

synth_design -top @TOP@ -part $part -mode out_of_context -flatten_hierarchy rebuilt
opt_design
place_design
phys_opt_design
route_design

report_utilization -hierarchical -file $results/utilization.rpt
report_timing_summary -file $results/timing.rpt
report_power -file $results/power.rpt
write_checkpoint -force $results/@TOP@.dcp
