"""The routes of units, one file per resource."""
