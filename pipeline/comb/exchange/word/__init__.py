"""Word documents with codings as comments, written and read."""
