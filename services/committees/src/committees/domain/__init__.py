"""Pure rules of committees, experts and campaigns."""
