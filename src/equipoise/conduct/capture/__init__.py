"""What happens to participants: visits, forms, entries, states, checks, alerts.

The door: `services` writes, `reads` answers with frozen values. Refuses to know arms and personal data.
"""
