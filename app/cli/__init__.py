"""The command line: the window's use cases for scripts, with exit codes they can use.

`command` holds what every command shares, one file each holds a command, `program` runs them.
"""

from app.cli.command import Exit
from app.cli.program import main

__all__ = ["Exit", "main"]
