"""What a core costs: cell libraries, synthesis, static timing, and the analytical model fitted to them."""
