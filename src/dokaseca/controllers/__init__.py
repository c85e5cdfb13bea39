"""Level-triggered loops, one kind each, without domain logic.

Takes keys from watches, gives status, Events and requeues. Never decides what a manifest means: `engine`, `generate`
and `bridge` do. Read next: `application`, then `status` and `outcome`.
"""
