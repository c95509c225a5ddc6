"""Background work: one serial inference lane, a pool for file work, a latest-wins scheduler.

All of it is made and used on the main thread, and answers there.
"""
