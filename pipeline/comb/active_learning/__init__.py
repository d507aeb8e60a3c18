"""Choose what to code next, advise when to stop, and estimate what the suggestions miss."""
