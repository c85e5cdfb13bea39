"""Pure helpers that know nothing of the domain.

Takes and gives plain values. Never does I/O, never imports asyncio, never holds state. Read next: `model`.
"""
