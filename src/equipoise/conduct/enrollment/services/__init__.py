"""What is done on the way from an application to a kit number; every write of the app is here."""
