"""Pages about participants: today, the list, one participant's timeline, a form.

Holds views and their addresses. Refuses rules: a view reads, calls one service, and shows what came of it.
"""
