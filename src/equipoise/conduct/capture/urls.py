"""Addresses of pages about participants."""

from equipoise.conduct.accounts.routes import route
from equipoise.conduct.capture.pages import finding, forms, people, today

app_name = "capture"
VIEW, FILL, RECORD = "participant.view", "form.fill", "visit.record"

urlpatterns = [
    route("", today.home, name="home", get="study.home"),
    route("find/", finding.find, name="find", get="participant.list"),
    route("alerts/", today.alerts, name="alerts", get="alert.view"),
    route("participants/", people.participants, name="participants", get="participant.list"),
    route("participants/<str:name>/", people.participant, name="participant", get=VIEW),
    route("participants/<str:name>/anchor/", people.anchor, name="anchor", post=RECORD),
    route("participants/<str:name>/visit/", people.visit, name="visit", post=RECORD),
    route("participants/<str:name>/visit/new/", people.begin, name="begin", post=RECORD),
    route("participants/<str:name>/form/", people.form, name="open", post=FILL),
    route("forms/<str:code>/", forms.form, name="form", get="form.view", post=FILL),
    route("forms/<str:code>/save/", forms.autosave, name="autosave", post=FILL),
    route("forms/<str:code>/history/<str:item>/<int:row>/", forms.history, name="history", get="form.view"),
]
