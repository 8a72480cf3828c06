"""When the panel met, beside when its decision was recorded."""

from __future__ import annotations

from django.db import migrations, models

__all__ = ["Migration"]


class Migration(migrations.Migration):
    """A column that is null where it was not asked: rows that stand are never changed."""

    dependencies = [("decisions", "0001_initial")]
    operations = [migrations.AddField("DecisionRow", "met_on", models.TextField(null=True))]
