// @TOP@ behind the pins of Tiny Tapeout: a byte in and a byte out of it a clock cycle.
`default_nettype none

module @NAME@ (
    input  wire [7:0] ui_in,    // a byte that goes in
    output wire [7:0] uo_out,   // a byte of a result
    input  wire [7:0] uio_in,   // 0: put, 2:1: 0 activations, 1 keys, 2 counts of tiles, 3: take
    output wire [7:0] uio_out,  // 4: activations may come, 5: keys may come, 6: a result's byte is there, 7: last
    output wire [7:0] uio_oe,
    input  wire       ena,
    input  wire       clk,
    input  wire       rst_n
);
  localparam ACTIVATION = @ACTIVATION@;  // bytes of a beat of each stream, and of the counts
  localparam KEY = @KEY@;
  localparam RESULT = @RESULT@;
  localparam COUNTS = @COUNTS@;
  localparam BITS = @BITS@;  // of a number of bytes

  wire put_activation = uio_in[0] && uio_in[2:1] == 2'd0;
  wire put_key = uio_in[0] && uio_in[2:1] == 2'd1;
  wire put_count = uio_in[0] && uio_in[2:1] == 2'd2;
  wire take = uio_in[3];

  // Bytes come lowest first: they move down as those above them come.
  reg [8*ACTIVATION-1:0] activation;
  reg [8*KEY-1:0] key;
  reg [8*COUNTS-1:0] counts;
  reg [8*RESULT-1:0] result;
  reg [BITS-1:0] activation_bytes, key_bytes, result_bytes;
  reg last;

  wire activation_full = activation_bytes == ACTIVATION;
  wire key_full = key_bytes == KEY;
  wire result_empty = result_bytes == 0;
  wire activation_ready, key_ready, result_valid, result_last;
  wire [8*RESULT-1:0] result_data;

  always @(posedge clk) begin
    if (put_activation && !activation_full) activation <= {ui_in, activation} >> 8;
    if (put_key && !key_full) key <= {ui_in, key} >> 8;
    if (put_count) counts <= {ui_in, counts} >> 8;
    if (result_empty) begin
      result <= result_data;
      last <= result_last;
    end else if (take) result <= result >> 8;

    if (!rst_n) begin
      activation_bytes <= 0;
      key_bytes <= 0;
      result_bytes <= 0;
    end else begin
      if (activation_full) activation_bytes <= activation_ready ? 0 : activation_bytes;
      else if (put_activation) activation_bytes <= activation_bytes + 1;
      if (key_full) key_bytes <= key_ready ? 0 : key_bytes;
      else if (put_key) key_bytes <= key_bytes + 1;
      if (result_empty) result_bytes <= result_valid ? RESULT : 0;
      else if (take) result_bytes <= result_bytes - 1;
    end
  end

  @TOP@ core (
      .aclk(clk),
      .aresetn(rst_n),
      .n_tiles(counts[@NTILES@-1:0]),
      .m_tiles(counts[8*@NBYTES@+:@MTILES@]),
      .s_axis_activation_tdata(activation),
      .s_axis_activation_tvalid(activation_full),
      .s_axis_activation_tready(activation_ready),
      .s_axis_key_tdata(key),
      .s_axis_key_tvalid(key_full),
      .s_axis_key_tready(key_ready),
      .m_axis_result_tdata(result_data),
      .m_axis_result_tvalid(result_valid),
      .m_axis_result_tlast(result_last),
      .m_axis_result_tready(result_empty)
  );

  assign uo_out = result[7:0];
  assign uio_out = {last && !result_empty, !result_empty, !key_full, !activation_full, 4'b0000};
  assign uio_oe = 8'b11110000;

  wire unused = &{ena, uio_in[7:4], 1'b0};
endmodule
