"""What Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["LedgerConfig"]


class LedgerConfig(AppConfig):
    """The ledger."""

    name = "triage.ledger"
    label = "ledger"
