"""The report of a sweep: its page and its pictures."""
