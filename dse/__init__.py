"""Design-space exploration and the command line.

Imports run one way: ``spec``, then ``pricing``, on which ``engine`` and ``presentation`` rest, then
``sweep``, ``studies`` and the command line; ``handoff`` stands beside them. Within ``sweep``: ``results``,
``summary``, then ``verification`` and ``report``, then the run of a whole sweep.
"""
