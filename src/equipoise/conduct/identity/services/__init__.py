"""What is written into the identity store, each topic in a module of its own."""
