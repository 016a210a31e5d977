"""Public pages, messages, to-dos and the merged API document."""
