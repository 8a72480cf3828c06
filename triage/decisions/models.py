"""Two tables: what stays of a decision, and what can be erased. Imported once Django is set up."""

from __future__ import annotations

from django.db import models

__all__ = ["DecisionContent", "DecisionRow"]


class DecisionRow(models.Model):
    """What stays; the database refuses to change or remove it."""

    number: models.BigIntegerField[int, int] = models.BigIntegerField(primary_key=True)
    list_id: models.TextField[str, str] = models.TextField(db_index=True)
    seal: models.TextField[str, str] = models.TextField()
    referral_id: models.TextField[str, str] = models.TextField()
    choice: models.TextField[str, str] = models.TextField()
    rank: models.IntegerField[int | None, int | None] = models.IntegerField(null=True)
    standing: models.TextField[str, str] = models.TextField()
    corrects: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(
        null=True, unique=True
    )
    recorded_at: models.TextField[str, str] = models.TextField()
    recorded_by: models.TextField[str, str] = models.TextField()
    ledger_row: models.BigIntegerField[int, int] = models.BigIntegerField(db_index=True)
    content_sha256: models.TextField[str, str] = models.TextField()
    met_on: models.TextField[str | None, str | None] = models.TextField(null=True)

    class Meta:
        """Where it is kept."""

        db_table = "decisions_row"
        app_label = "decisions"


class DecisionContent(models.Model):
    """What can be erased; the database refuses to change it."""

    number: models.BigIntegerField[int, int] = models.BigIntegerField(primary_key=True)
    person_id: models.TextField[str, str] = models.TextField(db_index=True)
    salt: models.TextField[str, str] = models.TextField()
    text: models.TextField[str, str] = models.TextField()

    class Meta:
        """Where it is kept."""

        db_table = "decisions_content"
        app_label = "decisions"
