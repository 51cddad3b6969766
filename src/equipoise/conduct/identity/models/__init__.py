"""Tables of personal data, each in a module of its own; Django finds them here."""
