"""Pure rules of entering, of grants and of memberships."""
