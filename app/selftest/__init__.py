"""`toile --selftest`: whether this installation works, from its files to a painted stroke.

`program` starts the test in a process of its own, so that a crash can be told too, and prints what
came of it; `inside` is that process; `visit` is what it does in the window.
"""

OPTION, INSIDE = "--selftest", "--selftest-inside"
"""What a person gives, and what the program gives itself."""
