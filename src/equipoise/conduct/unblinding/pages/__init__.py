"""Pages of unblinding; a topic a module."""
