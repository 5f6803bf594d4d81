"""A core behind a memory bus: AXI4-Lite registers, AXI4 masters, and an engine that works off descriptors.

Each block is small: ``Fifo``, ``Reader`` (bursts that fetch a stream), ``Packer`` and ``Writer`` (results on
their way out), ``ReadArbiter``, ``Registers``, ``Engine``; ``Accelerator`` puts them around the core.
"""
