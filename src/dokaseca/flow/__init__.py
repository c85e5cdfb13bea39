"""The corridor: source, render, diff, sync, health, promote, audit, in the order a commit walks it.

The rooms never import one another; `engine` hands each what it needs of the others. Read next: `engine.one_pass`.
"""
