"""Measured energy of cores on real or typical layers: what drives their gates, and what comes of it."""
