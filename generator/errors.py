"""What can be wrong with what a user gives us, raised where the fact is known, reported in one line."""


class TernlutError(Exception):
    """The base of errors that are the input's fault; the message is one line: what, where, what is right."""


class ConfigError(TernlutError):
    """A core's parameters are not allowed; the message names the key, the value and what is allowed."""


class KeyFileError(TernlutError):
    """A stream or file of keys holds something the key code does not define."""


class WorkloadError(TernlutError):
    """A workload does not fit the core, or cannot be read."""
