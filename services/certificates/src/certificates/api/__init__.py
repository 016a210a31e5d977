"""The routes of certificates, one file per resource."""
