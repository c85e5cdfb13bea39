"""ApplicationSets become Applications: parameters, templates, generators, and what to create, update and delete.

Takes an ApplicationSet manifest, the cluster Secrets as values and a function that gives a Git tree; gives Applications
and a plan. Never does I/O of its own, never deletes because something failed. Read next: `expand`, `reconcile_plan`.
"""
