# Synthesis of @TOP@ with Synopsys Design Compiler:
#   dc_shell -f synth/dc.tcl
# Databases (.db) of the slow corner. The one line that has to be edited:
set libraries {/path/to/cells_slow.db}
# Cells that are not to be used: names, with * for any letters.
set dont_use {}
# Reports and the netlist go here.
set results dc

set here [file dirname [file normalize [info script]]]
file mkdir $results

set_app_var target_library $libraries
set_app_var synthetic_library dw_foundation.sldb
set_app_var link_library [concat * $libraries dw_foundation.sldb]
define_design_lib WORK -path $results/work

set sources {}
set list [open [file join $here .. @TOP@.f]]
foreach source [split [string trim [read $list]] \n] {
    lappend sources [file join $here .. $source]
}
close $list
analyze -format verilog $sources
elaborate @TOP@
current_design @TOP@
link
check_design
foreach cell $dont_use { set_dont_use [get_lib_cells */$cell] }
source [file join $here .. constraints.sdc]

@GATE@compile_ultra@GATING@

report_timing > $results/timing.rpt
report_area -hierarchy > $results/area.rpt
report_reference > $results/cells.rpt
report_power > $results/power.rpt
report_qor > $results/qor.rpt
change_names -rules verilog -hierarchy
write -format verilog -hierarchy -output $results/@TOP@.v
write_sdc $results/@TOP@.sdc
exit
