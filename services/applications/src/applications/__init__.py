"""Applications from first choice to acceptance by the committee."""
