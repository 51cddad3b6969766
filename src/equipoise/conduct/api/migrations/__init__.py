"""Migrations: the one table may change, so it may be made anew."""
