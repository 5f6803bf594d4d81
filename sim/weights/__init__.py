"""Weights of trained networks: files that hold them, how they become ternary, and how a core wants them."""
