"""A sweep from its spec file to its directory of results."""
