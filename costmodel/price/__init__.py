"""What a plan costs in a technology: no HDL, no synthesis."""
