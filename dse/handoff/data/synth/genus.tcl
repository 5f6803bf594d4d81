# Synthesis of @TOP@ with Cadence Genus:
#   genus -files synth/genus.tcl
# Liberty files of the slow corner. The one line that has to be edited:
set libraries {/path/to/cells_slow.lib}
# Cells that are not to be used: names, with * for any letters.
set dont_use {}
# Reports and the netlist go here.
set results genus

set here [file dirname [file normalize [info script]]]
file mkdir $results

set_db library $libraries
foreach cell $dont_use { set_db [get_db lib_cells */$cell] .avoid true }

set list [open [file join $here .. @TOP@.f]]
foreach source [split [string trim [read $list]] \n] {
    read_hdl -language v2001 [file join $here .. $source]
}
close $list
@GATE@elaborate @TOP@
check_design -unresolved
read_sdc [file join $here .. constraints.sdc]
check_timing_intent

syn_generic
syn_map
syn_opt

report_timing > $results/timing.rpt
report_area > $results/area.rpt
report_gates > $results/gates.rpt
report_power > $results/power.rpt
report_qor > $results/qor.rpt
write_hdl > $results/@TOP@.v
write_sdc > $results/@TOP@.sdc
exit
