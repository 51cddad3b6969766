"""What people do with collected data: answer queries, verify, sign, lock, and read the audit trail.

The door: `services` writes, `reads` answers. Refuses to change a value.
"""
