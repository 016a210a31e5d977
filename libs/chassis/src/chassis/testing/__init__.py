"""What tests are written with: see docs/patterns.md; a pytest plugin brings the fixtures."""
