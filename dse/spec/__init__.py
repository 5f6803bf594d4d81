"""What is asked: a spec file's axes, workload and way to put cores to work, and the space that they span."""
