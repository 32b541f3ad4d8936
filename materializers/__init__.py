"""How each artifact is stored, hashed, and shown in the dashboard: one file per type.

Steps import the materializer of each of their outputs by its module, so that a step's cache key covers exactly the
code that stores what it makes.
"""
