"""What the committees service publishes."""
