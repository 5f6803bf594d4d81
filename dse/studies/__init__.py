"""Studies of their own: the literature on one footing, and the cost model held against synthesis."""
