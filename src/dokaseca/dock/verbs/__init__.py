"""What one request does: read, watch, create, update, patch, delete, scale, review.

Takes a cluster's state and a call, gives an answer. Between reading an object and writing it there is never an await:
that is what makes a write atomic. Read next: `call`, then `write` and `watch`.
"""
