"""What the literature claims of lookup-table cores, on one footing: ``python -m dse.studies.claims``.

Modelled curves over number formats, columns and technologies, points of them synthesized, and for every claim
a paragraph whose numbers and verdict come from the data.
"""
