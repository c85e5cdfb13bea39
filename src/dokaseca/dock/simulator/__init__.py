"""What kubelet, kube-controller-manager and a load-balancer controller would do, without running anything.

Takes a cluster (its API, nothing else) and a clock, gives statuses that come true. Never touches the store, so it works
against any API server. Read next: `simulator`, then `deployments` and `pods`.
"""
