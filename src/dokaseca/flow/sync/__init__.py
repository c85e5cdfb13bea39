"""From differences to actions: ordered as data first, then carried out one step at a time.

Takes a ChangeSet and a request, gives a SyncPlan and SyncReports. Never compares, never renders, never waits.
Read next: `plan`, then `execute`.
"""
