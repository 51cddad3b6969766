"""Tables of enrollment, each topic in a module of its own; Django finds them here."""
