"""The rules of units, pure."""
