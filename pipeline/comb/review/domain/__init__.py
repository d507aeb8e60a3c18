"""What coders may do and see in the workspace."""
