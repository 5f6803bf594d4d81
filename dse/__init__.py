"""The sweep engine, workloads, reports and the command line."""
