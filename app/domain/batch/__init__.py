"""Many people in many cloths, unattended: order -> plan -> journal -> run -> report.

An `Order` is what a person asks for; `plan` makes items of it; the `Journal` in the output folder
knows what became of each, whatever happens to the computer; `Run` carries the rest out.
"""
