"""Accounts, sign-in, tokens, roles and grants."""
