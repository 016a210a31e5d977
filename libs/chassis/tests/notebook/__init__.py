"""A service made for the chassis' tests: every promise shows in it."""
