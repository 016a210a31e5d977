"""Province packs, code lists, forms and identity numbers."""
