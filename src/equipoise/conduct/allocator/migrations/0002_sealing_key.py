"""Arms are sealed with keys of their own, which lie in the store sealed with its key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("allocator", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SealingKey",
            fields=[
                ("number", models.IntegerField(primary_key=True, serialize=False)),
                ("sealed_key", models.CharField(max_length=256)),
            ],
            options={"db_table": "sealing_key"},
        ),
    ]
