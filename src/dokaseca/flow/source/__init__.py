"""Where manifests come from: a repository and a revision become a tree of files.

Takes a URL and a targetRevision, gives a `Tree` at one commit. Never renders; never forgets the last good state.
Read next: `resolve`, then `repositories`.
"""
