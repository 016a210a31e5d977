"""Issuing, download and lookup of e-certificates."""
