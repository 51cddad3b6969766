"""Tags of this app for templates of apps below it."""
