"""The table, and the triggers that refuse to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

from triage.ledger.chain import GENESIS
from triage.ledger.guards import follow, protect

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps


def guard(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Let the database refuse what would break the chain."""
    protect(editor, "ledger_row")
    follow(editor, "ledger_row", GENESIS)


class Migration(migrations.Migration):
    """The ledger as it was first."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="LedgerRow",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.TextField()),
                ("who", models.TextField()),
                ("account", models.TextField()),
                ("command", models.TextField()),
                ("actions", models.TextField()),
                ("stage", models.TextField(db_index=True)),
                ("begun", models.BigIntegerField(db_index=True, null=True)),
                ("details", models.TextField()),
                ("previous", models.TextField()),
                ("sha256", models.TextField()),
            ],
            options={"db_table": "ledger_row"},
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
