"""Kinds that a CustomResourceDefinition declares: what is served, and what their schemas prune, complete and refuse.

Takes definitions and custom objects, gives resource types and causes. Never touches the store. Read next: `definition`,
then `pruning` and `validation`.
"""
