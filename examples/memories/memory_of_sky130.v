// A memory of Ternlut's contract, of OpenRAM's macros for sky130: port 0 writes, port 1 reads.
module memory_of_sky130 #(
  parameter WORDS = 256,
  parameter BITS = 32,
  parameter ADDRESS = WORDS > 1 ? $clog2(WORDS) : 1
) (
  input clk,
  input write_enable,
  input [ADDRESS-1:0] write_address,
  input [BITS-1:0] write_data,
  input read_enable,
  input [ADDRESS-1:0] read_address,
  output [BITS-1:0] read_data
);
  localparam DEPTH = 256, WIDTH = 32;
  localparam BANKS = (WORDS + DEPTH - 1) / DEPTH, BESIDE = (BITS + WIDTH - 1) / WIDTH;

  wire [31:0] writes = write_address;
  wire [BESIDE*WIDTH-1:0] written = write_data;
  wire [BESIDE*WIDTH-1:0] words [BANKS-1:0];

  // The output of a macro that does not read means nothing: while nothing new is read, the last word is read again.
  reg [31:0] last_read;
  wire [31:0] reads = read_enable ? {{(32-ADDRESS){1'b0}}, read_address} : last_read;
  always @(posedge clk) last_read <= reads;

  genvar bank, slice;
  generate
    for (bank = 0; bank < BANKS; bank = bank + 1) begin : banks
      wire writing = write_enable && writes / DEPTH == bank;
      wire reading = reads / DEPTH == bank;
      for (slice = 0; slice < BESIDE; slice = slice + 1) begin : slices
        sky130_sram_1kbyte_1rw1r_32x256_8 macro (
          .clk0(clk), .csb0(!writing), .web0(!writing), .wmask0(4'hf), .addr0(writes[7:0]),
          .din0(written[slice*WIDTH+:WIDTH]), .dout0(),
          .clk1(clk), .csb1(!reading), .addr1(reads[7:0]), .dout1(words[bank][slice*WIDTH+:WIDTH])
        );
      end
    end
  endgenerate

  wire [BESIDE*WIDTH-1:0] word = words[last_read / DEPTH];
  assign read_data = word[BITS-1:0];
endmodule
