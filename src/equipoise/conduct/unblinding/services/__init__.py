"""What changes when somebody is told an arm; a topic a module."""
