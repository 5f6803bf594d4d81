"""Makes the checkpoint of a small transformer block: seven projections and two norms, as safetensors.

    python examples/checkpoint/make.py FILE [--packed]

Weights are random, in bf16 as they come out of training; with --packed the projections are ternary already,
four to a byte with a scale beside them, as published BitNet checkpoints have them.
"""

import argparse
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

HIDDEN, KEY_VALUE, FEED_FORWARD = 256, 64, 688
PROJECTIONS = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.k_proj": (KEY_VALUE, HIDDEN),
    "self_attn.v_proj": (KEY_VALUE, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (FEED_FORWARD, HIDDEN),
    "mlp.up_proj": (FEED_FORWARD, HIDDEN),
    "mlp.down_proj": (HIDDEN, FEED_FORWARD),
}
NORMS = ("input_layernorm", "post_attention_layernorm")


def packed(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Ternary weights by the absmean rule, rows m, m + M/4, m + M/2, m + 3M/4 in a byte; their scale."""
    scale = np.abs(weights).mean()
    ternary = np.clip(np.rint(weights / scale), -1, 1)
    quarters = (ternary + 1).astype(np.uint8).reshape(4, -1, weights.shape[1])
    octets = quarters[0] | quarters[1] << 2 | quarters[2] << 4 | quarters[3] << 6
    return {"weight": octets, "weight_scale": np.array([scale], dtype=ml_dtypes.bfloat16)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--packed", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(2026)
    tensors = {f"layers.0.{norm}.weight": np.ones(HIDDEN, dtype=ml_dtypes.bfloat16) for norm in NORMS}
    for name, (outputs, inputs) in PROJECTIONS.items():
        weights = rng.normal(scale=inputs**-0.5, size=(outputs, inputs)).astype(ml_dtypes.bfloat16)
        held = packed(weights.astype(np.float32)) if options.packed else {"weight": weights}
        tensors |= {f"layers.0.{name}.{part}": array for part, array in held.items()}
    options.file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, options.file)


if __name__ == "__main__":
    main()
