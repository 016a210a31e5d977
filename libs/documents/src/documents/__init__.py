"""HTML to PDF, QR codes and PDF merging."""
