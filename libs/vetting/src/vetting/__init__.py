"""Route, posts and decisions: the one way a case is vetted."""
