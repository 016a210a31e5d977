"""What is true of batches and certificates, whoever asks: no framework, no clock, no input or output."""
