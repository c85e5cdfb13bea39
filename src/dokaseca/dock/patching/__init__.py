"""How an object changes: JSON patch, merge patch, strategic merge patch and server-side apply.

Takes documents and patches, gives new documents (and, for apply, who owns which field). Never mutates what it was
given, never does I/O, never reads a clock. Read next: `apply`, then `typed` and `fields_v1`.
"""
