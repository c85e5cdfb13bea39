"""The corridor, walked: one pass brings one Application from its Git commits to a verdict.

Takes an Application and a `Context` (doors, live state, projects), gives a `Pass`. Never writes a status and never
starts a task of its own. Read next: `one_pass`, then `context` and `live_state`.
"""
