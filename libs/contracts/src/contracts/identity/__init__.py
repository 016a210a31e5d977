"""What the identity service publishes."""
