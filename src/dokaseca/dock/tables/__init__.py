"""What `kubectl get` shows: objects as rows of a Table.

Takes objects and the time, gives meta.k8s.io Tables with the columns of a real server. Pure. Read next: `render`, then
`printers`.
"""
