"""Who may do what: role based access control, evaluated on every request.

Takes an identity and what it asks for, gives a decision with a reason. Roles and bindings are read from the store once
and then followed. Never finds out who somebody is: that is `authn`. Read next: `attributes`, `roles`, then `gate`.
"""
