"""One generator per file: a generator's spec and a `Context` in, parameter sets out.

Takes specs, cluster values, Git trees; gives lists of parameter sets in a stable order. Never does I/O beyond the tree
function it is given, never swallows an error: an error freezes the ApplicationSet. Read next: `context`, `registry`.
"""
