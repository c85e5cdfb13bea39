"""Sprig's generic functions, one module for each of its chapters, each with a `FUNCTIONS` table.

Takes template values, gives template values; whatever a function refuses is a CallError. Never reads the environment,
files or the network. Read next: `convert`, then any chapter.
"""
