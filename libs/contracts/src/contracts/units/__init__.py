"""What the units service publishes."""
