"""Committees, their filing, experts and campaigns."""
