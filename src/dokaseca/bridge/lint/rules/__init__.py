"""One rule per file: `RULE` says what it finds and why that matters, `check` finds it."""
