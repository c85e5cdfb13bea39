"""The dry dock: an embedded Kubernetes API, many clusters in one process.

Takes Kubernetes API requests (over HTTPS, or as values in this process), gives the answers that a kube-apiserver gives.
Never runs a container, never listens beyond loopback, never acknowledges a write that a kill -9 could undo.
Read next: `api` (one request from routing to answer), `dock` (many clusters), then `store` and `verbs`.
"""
