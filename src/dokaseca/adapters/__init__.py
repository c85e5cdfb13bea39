"""The doors, implemented: one file per technology behind a Protocol of `ports`.

Takes the values of `ports`, gives them back; every library exception becomes one of `model.errors`. Never holds domain
rules. Read next: `kube`, `git`, `helm`.
"""
