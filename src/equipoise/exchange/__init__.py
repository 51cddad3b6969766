"""Other systems' formats: text in, noun out, and back.

Holds one module or package a format. Refuses to hold files, networks and databases: whoever calls reads and
writes those.
"""
