"""Memories between a bus and the cores, and what fills and empties them."""
