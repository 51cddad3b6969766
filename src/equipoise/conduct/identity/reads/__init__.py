"""What is read from the identity store, each topic in a module of its own."""
