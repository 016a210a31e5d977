"""What every service is made of, said once."""
