"""What pages of enrollment show, answered with frozen values; a topic a module."""
