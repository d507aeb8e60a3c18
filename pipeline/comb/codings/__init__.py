"""Codings tables, each coder's codings on segments, and the reference made from them."""
