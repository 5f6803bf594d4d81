"""A space judged, chunk by chunk, by processes or a cluster, and its Pareto fronts kept exactly."""
