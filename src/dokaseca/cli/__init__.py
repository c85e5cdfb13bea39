"""The command line: words in, tables and exit codes out.

Takes arguments, gives text on stdout, messages on stderr and an exit code. Never decides what a room below decides,
never shows a traceback. Importing it costs next to nothing: a command's module is loaded when the command is called.
Read next: `main`, then `failures`, then any file in `commands`.
"""
