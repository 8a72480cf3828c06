"""The two tables, and the triggers that refuse to change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

from triage.ledger import protect

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps


def guard(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Let the database refuse to change what was decided."""
    protect(editor, "decisions_row")
    protect(editor, "decisions_content", removal=True)


class Migration(migrations.Migration):
    """The decisions as they were first."""

    initial = True
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="DecisionRow",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("list_id", models.TextField(db_index=True)),
                ("seal", models.TextField()),
                ("referral_id", models.TextField()),
                ("choice", models.TextField()),
                ("rank", models.IntegerField(null=True)),
                ("standing", models.TextField()),
                ("corrects", models.BigIntegerField(null=True, unique=True)),
                ("recorded_at", models.TextField()),
                ("recorded_by", models.TextField()),
                ("ledger_row", models.BigIntegerField(db_index=True)),
                ("content_sha256", models.TextField()),
            ],
            options={"db_table": "decisions_row"},
        ),
        migrations.CreateModel(
            name="DecisionContent",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("person_id", models.TextField(db_index=True)),
                ("salt", models.TextField()),
                ("text", models.TextField()),
            ],
            options={"db_table": "decisions_content"},
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
