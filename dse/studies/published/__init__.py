"""The designs of ``designs/``, as published and corrected: ``python -m dse.studies.published``.

Each is held against all cores of its rate, format and clock, behind its memory; points are synthesized and
simulated; and the tables of the paper whose claims this project checks are made anew.
"""
