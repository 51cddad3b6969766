"""People as the study sees them: who holds which role where, trained in what, and what is delegated to whom.

It stands here, above `accounts`, because the trainings a role needs and the sites there are come from the
protocol and the study, which `accounts` must not know. The door: `staffing` writes. Refuses to know
participants.
"""
