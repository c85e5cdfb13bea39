"""The two template engines of ApplicationSets: text in, a function from parameters to text out.

Takes text, gives closures; pure and bounded, the same text is parsed once. Never reads the environment, files or the
network. Read next: `engine`, then `fast` and `gotemplate.lexer`.
"""
