"""Migrations: append-only tables only ever gain nullable columns."""
