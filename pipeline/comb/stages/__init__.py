"""The work of each stage: a function of a Study that reads files, calls the rooms below and writes files.

The command line, the workspace, notebooks and tests call these functions. A stage reports its progress to a
:class:`comb.stages.listener.Listener`.
"""
