"""What the certificates service publishes."""
