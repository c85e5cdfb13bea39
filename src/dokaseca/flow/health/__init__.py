"""What a live object's state means. Pure.

Takes one live object, gives a Verdict or None where its kind has no health. Never asks the cluster; an unlisted code
ranks worst. One small file per kind in `rules/<group>/`. Read next: `assess`, then any rule.
"""
