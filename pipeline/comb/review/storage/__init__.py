"""The workspace's database, its history, and how it follows the study's files."""
