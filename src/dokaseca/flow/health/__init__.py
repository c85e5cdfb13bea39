"""What a live object's state means. Pure.

Takes one live object, gives a Verdict or None where its kind has no health. Never asks the cluster; an unlisted code
ranks worst. Rules are data, `rules/<group>.yaml`, or where that is not enough a module `rules/<group>/<kind>.py`. Read
next: `assess`, `declared`, then any rule.
"""
