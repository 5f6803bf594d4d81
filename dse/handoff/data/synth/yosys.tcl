# Synthesis of @TOP@ with Yosys:
#   yosys -c synth/yosys.tcl
# Liberty files (plain or gzip) of the cells to map to; without one, generic gates. LIBERTY in the environment
# goes before what stands here, several files with spaces between.
set liberty {}
# Cells that are not to be used: names, with * for any letters.
set dont_use {}
# Clock period to size cells for, in ps; 0: least area. CLOCK_PERIOD in the environment, in ns, goes before.
set period_ps @PERIOD_PS@

yosys -import
set here [file dirname [file normalize [info script]]]
if {[info exists ::env(CLOCK_PERIOD)]} { set period_ps [expr {round(1000 * $::env(CLOCK_PERIOD))}] }
if {[info exists ::env(LIBERTY)]} { set liberty $::env(LIBERTY) }

set list [open [file join $here .. @TOP@.f]]
foreach source [split [string trim [read $list]] \n] {
    yosys read_verilog [file join $here .. $source]
}
close $list

yosys synth -flatten -top @TOP@
if {[llength $liberty]} {
    set cells {}
    foreach file $liberty { lappend cells -liberty $file }
    foreach cell $dont_use { lappend cells -dont_use $cell }
    foreach file $liberty { yosys read_liberty -lib -overwrite $file }
@GATE@    yosys dfflibmap {*}$cells
    if {$period_ps} { lappend cells -D $period_ps }
    yosys abc {*}$cells
    yosys opt_clean -purge
    set areas {}
    foreach file $liberty { lappend areas -liberty $file }
    yosys tee -o @TOP@.stat.txt stat {*}$areas
} else {
    yosys tee -o @TOP@.stat.txt stat
}
yosys check -assert
yosys write_verilog -noattr @TOP@.netlist.v
