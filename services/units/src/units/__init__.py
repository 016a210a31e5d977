"""units: the tree of units, their registration, their posts and the supervision they configure."""
