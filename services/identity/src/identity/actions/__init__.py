"""Use cases that more than one caller has."""
