"""What differs between Git and the cluster, so that only real drift is drift. Pure.

Takes targets and live objects by key, gives a ChangeSet. Never asks the cluster; unknown is out of sync, never in sync.
Read next: `compare`, then `normalize` and `merge_keys`.
"""
