"""ApplicationSets without a server: what they generate, what a change of theirs changes, and why; from files alone.

Takes folders, Git repositories on this machine and descriptions of clusters, gives values for print. Never starts a
platform. It is here because it needs both `generate` and `bridge`, which know nothing of each other. Read next:
`preview`, `compare` and `explain`; for the lint of the bridge `lint_facts`.
"""
