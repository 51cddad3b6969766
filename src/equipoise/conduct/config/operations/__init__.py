"""What the operator of an installation does to it from the command line, once Django is started.

Holds one module per task. Refuses to know click: a command reads its arguments and calls one of these.
"""
