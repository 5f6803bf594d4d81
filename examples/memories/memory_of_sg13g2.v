// A memory of Ternlut's contract, of two-port macros of IHP's SG13G2: port A writes, port B reads.
module memory_of_sg13g2 #(
  parameter WORDS = 512,
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
  localparam DEPTH = 512, WIDTH = 32;
  localparam BANKS = (WORDS + DEPTH - 1) / DEPTH, BESIDE = (BITS + WIDTH - 1) / WIDTH;

  wire [31:0] writes = write_address, reads = read_address;
  wire [BESIDE*WIDTH-1:0] written = write_data;
  wire [BESIDE*WIDTH-1:0] words [BANKS-1:0];
  reg [31:0] bank_read;

  // The bank that was read last: the others keep what they read before.
  always @(posedge clk)
    if (read_enable) bank_read <= reads / DEPTH;

  genvar bank, slice;
  generate
    for (bank = 0; bank < BANKS; bank = bank + 1) begin : banks
      wire writing = write_enable && writes / DEPTH == bank;
      wire reading = read_enable && reads / DEPTH == bank;
      for (slice = 0; slice < BESIDE; slice = slice + 1) begin : slices
        RM_IHPSG13_2P_512x32_c2_bm_bist macro (
          .A_CLK(clk), .A_MEN(writing), .A_WEN(writing), .A_REN(1'b0), .A_ADDR(writes[8:0]),
          .A_DIN(written[slice*WIDTH+:WIDTH]), .A_DLY(1'b1), .A_DOUT(), .A_BM({WIDTH{1'b1}}),
          .A_BIST_CLK(1'b0), .A_BIST_EN(1'b0), .A_BIST_MEN(1'b0), .A_BIST_WEN(1'b0), .A_BIST_REN(1'b0),
          .A_BIST_ADDR(9'b0), .A_BIST_DIN(32'b0), .A_BIST_BM(32'b0),
          .B_CLK(clk), .B_MEN(reading), .B_WEN(1'b0), .B_REN(reading), .B_ADDR(reads[8:0]),
          .B_DIN(32'b0), .B_DLY(1'b1), .B_DOUT(words[bank][slice*WIDTH+:WIDTH]), .B_BM(32'b0),
          .B_BIST_CLK(1'b0), .B_BIST_EN(1'b0), .B_BIST_MEN(1'b0), .B_BIST_WEN(1'b0), .B_BIST_REN(1'b0),
          .B_BIST_ADDR(9'b0), .B_BIST_DIN(32'b0), .B_BIST_BM(32'b0)
        );
      end
    end
  endgenerate

  wire [BESIDE*WIDTH-1:0] word = words[bank_read];
  assign read_data = word[BITS-1:0];
endmodule
