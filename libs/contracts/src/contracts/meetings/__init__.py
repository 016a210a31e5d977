"""What the meetings service publishes."""
