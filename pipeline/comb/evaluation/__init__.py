"""Evaluate suggestions on transcripts held out of training."""
