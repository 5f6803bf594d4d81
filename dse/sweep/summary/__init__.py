"""What a sweep found: the design that it recommends, what that saves and why, and what limits it."""
