from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("capture", "0003_event_reached"),
    ]

    operations = [
        migrations.AddField(
            model_name="visitstatus",
            name="version",
            field=models.IntegerField(null=True),
        ),
    ]
