"""What the notices service publishes."""
