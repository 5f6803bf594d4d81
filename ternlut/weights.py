"""Weights and activations: files and arrays, ternary matrices, images of a core's key memory."""

from sim.weights.activations import Activations
from sim.weights.arrays import inspect, load, pack, quantize, ternary, unpack
from sim.weights.ternary import TernaryMatrix

__all__ = ["Activations", "TernaryMatrix", "inspect", "load", "pack", "quantize", "ternary", "unpack"]
