"""Kubernetes' own CEL functions, one module per library: plain functions over plain values, and the table of them.

The runtime has no types of ours, so a quantity, an address or a version is a map with its type under `@type`.
"""
