"""Names and other identifiers in transcripts: found, confirmed by a person, replaced, and put back."""
