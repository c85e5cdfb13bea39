"""The composition root: builds adapters, dock and controllers, and hands them down. The only room that knows everybody.

Takes settings and a folder, gives a running platform. Never decides anything that a room below could decide.
Read next: `up`, then `engine`.
"""
