"""The command line: the analysts' door.

Every command reads the workspace it is pointed at, does one workflow, prints data on the standard
output and everything else on the standard error, and ends with exit code 0 only when the work was
done.

Why this shape: a command parses words and prints results, and nothing else; what it does is a
workflow, so that a notebook or another door can do the same. The clock and the environment are
asked here and handed down, which is what lets a list be made again byte for byte. Libraries that
take seconds to import are imported by the workflow that needs them, when it runs, so that help
comes at once. What a failure says is decided in one place and holds no data: a message of ours,
or the place in the code.
"""

from triage.cli.program import application, main

# isort: off
# in the order in which help tells of their commands
from triage.cli import workspaces, features, models, lists
from triage.cli import auditing, deciding, rule_trials
# isort: on

__all__ = [
    "application",
    "auditing",
    "deciding",
    "features",
    "lists",
    "main",
    "models",
    "rule_trials",
    "workspaces",
]
