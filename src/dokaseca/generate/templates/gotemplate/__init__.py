"""Go's text/template over JSON values, with sprig and Argo CD's own functions.

Takes text, gives a closure; `lexer` makes tokens, `parser` nodes, `compiler` closures, `functions` lists what may be
called. Never evaluates Python, never runs unbounded. Read next: `template`.
"""
