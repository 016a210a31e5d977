"""Routes of applications, one file per resource."""
