"""Assignments, in a store and under a key of their own; the only module that will ever open an arm.

Holds the store's place; lists, slots and unblinding come with randomization.
"""
