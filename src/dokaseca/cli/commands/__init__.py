"""One file per command, each with its click command as `command`; `cli.main` loads them by name.

A command returns its exit code (None is success) and raises for everything that went wrong.
"""
