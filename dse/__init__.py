"""Design-space exploration and the command line.

Imports run one way: ``spec``, ``pricing``, ``engine``, ``results``; ``presentation`` rests on ``pricing``;
``summary`` on all of these, ``verification`` and ``report`` on it, and ``sweep`` on both. ``validation``,
``claims`` and ``handoff`` stand beside, and the command line above.
"""
