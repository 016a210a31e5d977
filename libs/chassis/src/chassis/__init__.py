"""What every service is made of, said once: see docs/patterns.md for how it is used."""
