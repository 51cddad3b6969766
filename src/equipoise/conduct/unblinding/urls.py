"""Addresses of unblinding."""

from equipoise.conduct.accounts.routes import route
from equipoise.conduct.unblinding.pages import breaking, envelopes, exposures, telling

app_name = "unblinding"

BREAK, READ, REPORT = "arm.break", "arm.read", "envelope.report"

urlpatterns = [
    route("code-break/", breaking.find, name="find", get=BREAK),
    route("participants/<str:name>/code-break/", breaking.ask, name="code_break", get=BREAK),
    route("participants/<str:name>/break/", breaking.break_code, name="break", post=BREAK),
    route("participants/<str:name>/unblinding/", telling.unblinding, name="unblinding", get=READ),
    route("participants/<str:name>/tell/", telling.tell_arm, name="tell", post="arm.tell"),
    route("participants/<str:name>/arm/", telling.read_arm, name="arm", post=READ),
    route("exposures/", exposures.exposures, name="exposures", get="exposure.view"),
    route("envelopes/", envelopes.envelopes, name="envelopes", get=REPORT),
    route("envelopes/report/", envelopes.report, name="envelope_report", post=REPORT),
]
