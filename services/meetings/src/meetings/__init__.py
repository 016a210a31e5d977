"""Review meetings from the draw to confirmation."""
