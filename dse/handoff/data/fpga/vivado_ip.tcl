# @TOP@ as a block for Vivado's block designs: its streams are AXI4-Stream interfaces there.
#   vivado -mode batch -source fpga/vivado_ip.tcl
# The block lies in ./ip afterwards; add that folder to a project's IP repositories.
# A part of the family that the block is for; PART in the environment goes before.
set part xck26-sfvc784-2LV-c

set here [file dirname [file normalize [info script]]]
if {[info exists ::env(PART)]} { set part $::env(PART) }

create_project -in_memory -part $part
set list [open [file join $here .. @TOP@.f]]
foreach source [split [string trim [read $list]] \n] {
    add_files [file join $here .. $source]
}
close $list
set_property top @TOP@ [current_fileset]
update_compile_order -fileset sources_1

# Ports named s_axis_…, m_axis_…, aclk and aresetn are recognised as what they are.
ipx::package_project -root_dir ip -vendor user.org -library user -taxonomy /UserIP -import_files -set_current true
set core [ipx::current_core]
set_property name @TOP@ $core
set_property version 1.0 $core
foreach bus {@BUSES@} {
    ipx::associate_bus_interfaces -busif $bus -clock aclk $core
}
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::save_core $core
