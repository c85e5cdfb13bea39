"""Health rules: a folder per API group, a file per kind, each with `assess(live) -> Verdict`. Pure."""
