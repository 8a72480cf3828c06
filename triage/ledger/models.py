"""The ledger's one table. Imported when Django has been set up, and never before."""

from __future__ import annotations

from django.db import models

__all__ = ["LedgerRow"]


class LedgerRow(models.Model):
    """A row (see :class:`triage.ledger.Row`); the database refuses to change or remove it."""

    sequence: models.BigIntegerField[int, int] = models.BigIntegerField(primary_key=True)
    at: models.TextField[str, str] = models.TextField()
    who: models.TextField[str, str] = models.TextField()
    account: models.TextField[str, str] = models.TextField()
    command: models.TextField[str, str] = models.TextField()
    actions: models.TextField[str, str] = models.TextField()
    stage: models.TextField[str, str] = models.TextField(db_index=True)
    begun: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(
        null=True, db_index=True
    )
    details: models.TextField[str, str] = models.TextField()
    previous: models.TextField[str, str] = models.TextField()
    sha256: models.TextField[str, str] = models.TextField()

    class Meta:
        """Where it is kept."""

        db_table = "ledger_row"
        app_label = "ledger"
