"""What Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["DecisionsConfig"]


class DecisionsConfig(AppConfig):
    """The decisions."""

    name = "triage.decisions"
    label = "decisions"
