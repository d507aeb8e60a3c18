"""From a file to canonical text, turns, speakers and segments."""
