"""Objects of one cluster: in memory for reads, in a storage that outlives the process for writes.

Takes manifests, gives stored bytes, a revision per write and the history that watches replay. Never applies in memory
what the storage refused. Read next: `objects`, then `history` and `sqlite`.
"""
