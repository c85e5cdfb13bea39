"""The GitOps Bridge: what the infrastructure knows, written where GitOps can select on it.

Takes a platform file and endpoints, gives cluster Secrets, bootstrap ApplicationSets, CRDs and the files of the
clusters repository. Never talks to a cluster or a repository. Read next: `platform`, `secret`, `bootstrap`.
"""
