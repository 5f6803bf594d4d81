"""The cost model held against synthesis of cores that it was not fitted to, and the report of that."""
