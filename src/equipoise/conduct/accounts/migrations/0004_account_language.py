"""The language somebody reads in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add a column that is empty until somebody chooses."""

    dependencies = [
        ("accounts", "0003_api_token"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="language",
            field=models.CharField(blank=True, default="", max_length=16),
        ),
    ]
