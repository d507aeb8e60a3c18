"""The workspace in the browser, for reviewing and coding."""
