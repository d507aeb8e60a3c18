"""What to code next, when to stop, and what the suggestions miss."""
