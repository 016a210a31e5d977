"""What the tests of a service need: real servers, builders and a pytest plugin."""
