"""From a tree of files to manifests.

Takes resolved sources, gives a RenderedSet. What was rendered once from the same input is never rendered again; the
key is made of content, never of commits. Never asks a cluster. Read next: `run`, then `detect` and one tool.
"""
