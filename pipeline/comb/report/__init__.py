"""Results for researchers: tables for the terminal, plain tables, and HTML."""
