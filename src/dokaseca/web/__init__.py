"""What the platform serves over HTTP, on loopback: its chart repository, push notifications, and its own health.

Takes requests, gives files and answers. Never changes a cluster; whatever a request says is only a hint to look again.
Read next: `server`, then `chart_repository` and `push`.
"""
