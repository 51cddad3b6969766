"""Telling an arm: code breaks, sealed files, planned unblinding.

Refuses to keep an arm: `allocator` releases it after writing down who learns it.
"""
