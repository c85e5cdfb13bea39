"""ApplicationSets without a server: what they generate, what a change of theirs changes, and why; from files alone.

Takes folders, Git repositories on this machine and descriptions of clusters, gives values for print. Never starts a
platform, never asks the network. Read next: `preview`, then `inputs`.
"""
