"""The import wizard and exports over xlsx."""
