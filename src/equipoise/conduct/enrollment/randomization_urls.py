"""Addresses of randomization, kits and emergency lists."""

from equipoise.conduct.accounts.routes import route
from equipoise.conduct.enrollment.pages import downtime, pharmacy, randomization

REQUEST, DISPENSE, REPORT = "randomization.request", "kit.dispense", "envelope.report"

urlpatterns = [
    route(
        "participants/<str:name>/randomization/",
        randomization.randomization,
        name="randomization",
        get="randomization.view",
    ),
    route("participants/<str:name>/randomize/", randomization.randomize, name="randomize", post=REQUEST),
    route("kits/", pharmacy.kits, name="kits", get=DISPENSE),
    route("kits/next/", pharmacy.prepare, name="prepare", get=DISPENSE),
    route("kits/<str:name>/", pharmacy.kit, name="kit", get=DISPENSE),
    route("downtime/", downtime.lists, name="downtime", get=REPORT),
    route("downtime/report/", downtime.report, name="downtime_report", post=REPORT),
    route("downtime/kit/", downtime.enter, name="downtime_kit", post=REQUEST),
]
