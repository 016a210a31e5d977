"""Rules of notices that need nothing but themselves."""
