"""Routes of notices, one file per resource."""
