"""The doors: one Protocol per technology that the engine needs.

Takes nothing, gives types; what stands behind a door is an adapter's business. Never implements anything.
Read next: `cluster`, `git`.
"""
