"""Four claims about energy on one footing: the same multiply-accumulates, weights and cells."""
