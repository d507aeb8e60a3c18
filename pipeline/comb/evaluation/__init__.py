"""How good the suggestions are, measured on transcripts held out of training."""
