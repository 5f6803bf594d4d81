"""Calibration and validation: the only place that sees both prices and synthesis."""
