"""Frozen values that travel between rooms, and the one tree of errors.

Takes nothing, gives types. Never does I/O, never imports asyncio or ports. Read next: `identity`, `errors`.
"""
