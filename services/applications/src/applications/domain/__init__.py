"""What holds for applications, without any I/O."""
