"""The stages that work on each transcript alone, on Ray: on several processes of this machine, or on a cluster."""
