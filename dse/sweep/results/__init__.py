"""The data that a finished sweep leaves in its directory, written and read."""
