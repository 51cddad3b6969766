"""Opaque tasks: how a rater reaches a form without learning whose it is, or which visit.

Refuses participants, visits and dates to whoever rates.
"""
