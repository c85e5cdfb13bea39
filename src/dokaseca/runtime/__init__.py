"""Domain-free async machinery: queues, reconcilers, informers, supervision.

Takes callables and keys, gives running loops that can be stopped. Never knows a Kubernetes kind, never does I/O itself.
Read next: `reconcile`, then `queue` and `informer`.
"""
