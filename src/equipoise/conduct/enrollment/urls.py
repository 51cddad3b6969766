"""Addresses of enrollment."""

from equipoise.conduct.accounts.routes import PUBLIC, route
from equipoise.conduct.enrollment import consent_urls, randomization_urls
from equipoise.conduct.enrollment.pages import applicants, application

app_name = "enrollment"

urlpatterns = [
    route("apply/", application.apply, name="apply", get=PUBLIC, post=PUBLIC),
    route("applicants/", applicants.applicants, name="applicants", get="applicant.view"),
    route("applicants/decide/", applicants.decide, name="decide", post="applicant.decide"),
    route("applicants/<str:name>/", applicants.applicant, name="applicant", get="applicant.view"),
    route("applicants/<str:name>/letter/", applicants.letter, name="letter", post="applicant.decide"),
    *consent_urls.urlpatterns,
    *randomization_urls.urlpatterns,
]
