"""May this happen? Subjects, verbs and objects in, a Decision with its reason out. Pure.

Takes projects and change sets as values. Never asks anybody, never changes anything; what is not allowed is denied.
Read next: `decision`, `project`, then `gate`.
"""
