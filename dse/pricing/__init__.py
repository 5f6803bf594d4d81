"""What every design of a space costs: figures of plans in tables, and metrics multiplied out of them."""
