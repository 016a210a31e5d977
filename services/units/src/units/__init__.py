"""The tree of units, their registration, posts and supervision."""
