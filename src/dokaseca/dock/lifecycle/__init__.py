"""What happens to objects after a request: namespaces that end, definitions that end, dependents of what has gone.

Takes a cluster's state and follows its changes. Never answers a request. Read next: `collector`.
"""
