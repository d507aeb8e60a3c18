"""Tables of codings, utterances and quotes, written and read."""
