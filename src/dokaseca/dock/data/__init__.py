"""Tables derived from a real API server's answers by `tools/derive_dock_tables.py`, loaded when first asked for.

Takes nothing, gives plain values shared by every cluster of the process: treat them as frozen.
"""
