"""Rows loaded, locked and saved."""
