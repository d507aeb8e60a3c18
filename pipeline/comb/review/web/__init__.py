"""The server of the workspace: routes, sessions, accounts."""
