"""Pages of enrollment, each topic in a module of its own."""
