"""What can go wrong where power is measured."""

from generator.errors import TernlutError


class PowerError(TernlutError):
    """A netlist, library or stimulus that power cannot be measured with; the message is one line."""
