"""What the API server makes of an object before it stores it: structure, defaults, rules of the kind.

Takes a decoded object (and the one it replaces), completes it in place, gives the causes why it is refused. Never reads
or writes the store. Read next: `strategies`, then `structure` and `fields`.
"""
