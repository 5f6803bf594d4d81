"""A sweep's answer put to the test: its best designs synthesized and simulated."""
