"""Conducting a trial: the web system, and the only place that knows Django.

Holds one installation of one study. Its apps, bottom up: `stores` (three databases, three keys), `audit` (the
chain of events), `accounts` (people and what they may do), `studies` (protocol versions and sites),
`identity` and `allocator` (their stores' rows), `capture` (visits, forms, entries), `review` (queries,
signatures, the audit trail) and `config` (settings, addresses, start). Refuses to import design, analysis or
report.
"""
