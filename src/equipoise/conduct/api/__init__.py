"""What pages do, for programs: the same services, checks and blinding, with a token instead of a session.

Holds operations by area, what an operation is, and the answer to one that is asked again. Refuses rules: an
operation reads, calls one service, and says what came of it.
"""
