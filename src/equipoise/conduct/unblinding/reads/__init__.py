"""What pages of unblinding show, answered with frozen values; a topic a module."""
