"""What the applications service publishes."""
