"""Forges over HTTP: `ports.scm.Scm`.

Takes who asks and what; gives whole answers or an error. Never follows a server to another host, never connects to an
address inside the house unless it was told to, never shows a token. Read next: `forges`, `wire`, `egress`, `github`.
"""
