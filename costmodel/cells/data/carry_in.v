// An adder whose lowest bit is a one and a carry, {a, 1} + {b, carry}, as a narrower adder with that carry in.
// Chains whose carry comes from the fabric at no cost save a bit and its lookup table by it.
(* techmap_celltype = "$alu" *)
module carry_in (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter [A_WIDTH-1:0] _TECHMAP_CONSTMSK_A_ = 0;
  parameter [A_WIDTH-1:0] _TECHMAP_CONSTVAL_A_ = 0;
  parameter [B_WIDTH-1:0] _TECHMAP_CONSTMSK_B_ = 0;
  parameter [B_WIDTH-1:0] _TECHMAP_CONSTVAL_B_ = 0;
  parameter _TECHMAP_CONSTMSK_CI_ = 0;
  parameter _TECHMAP_CONSTVAL_CI_ = 0;
  parameter _TECHMAP_CONSTMSK_BI_ = 0;
  parameter _TECHMAP_CONSTVAL_BI_ = 0;

  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  input CI, BI;
  output [Y_WIDTH-1:0] X, Y, CO;

  localparam A_IS_ONE = _TECHMAP_CONSTMSK_A_[0] && _TECHMAP_CONSTVAL_A_[0];
  localparam B_IS_ONE = _TECHMAP_CONSTMSK_B_[0] && _TECHMAP_CONSTVAL_B_[0];
  localparam NOTHING_IN = _TECHMAP_CONSTMSK_CI_ && !_TECHMAP_CONSTVAL_CI_ &&
                          _TECHMAP_CONSTMSK_BI_ && !_TECHMAP_CONSTVAL_BI_;
  wire _TECHMAP_FAIL_ = !(NOTHING_IN && (A_IS_ONE || B_IS_ONE) && A_WIDTH > 1 && B_WIDTH > 1 && Y_WIDTH > 1);

  // Widths of at least one, for this is elaborated where it does not apply, too.
  localparam A_REST = A_WIDTH > 1 ? A_WIDTH - 1 : 1;
  localparam B_REST = B_WIDTH > 1 ? B_WIDTH - 1 : 1;
  localparam Y_REST = Y_WIDTH > 1 ? Y_WIDTH - 1 : 1;

  // One and carry: the bit of their sum is the carry's complement, what goes on is the carry.
  wire carry = A_IS_ONE ? B[0] : A[0];
  wire [A_REST-1:0] a = A >> 1;
  wire [B_REST-1:0] b = B >> 1;
  wire [Y_REST-1:0] x, y, co;
  assign X = {x, !carry};
  assign Y = {y, !carry};
  assign CO = {co, carry};

  \$alu #(
    .A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_REST), .B_WIDTH(B_REST), .Y_WIDTH(Y_REST)
  ) _TECHMAP_REPLACE_ (.A(a), .B(b), .CI(carry), .BI(1'b0), .X(x), .Y(y), .CO(co));
endmodule
