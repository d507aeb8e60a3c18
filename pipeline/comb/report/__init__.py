"""What researchers read in the end: tables for the terminal, plain tables, and HTML."""
