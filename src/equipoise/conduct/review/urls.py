"""Addresses of review."""

from equipoise.conduct.accounts.routes import route
from equipoise.conduct.review import views

app_name = "review"

urlpatterns = [
    route("queries/", views.queries, name="queries", get="query.view"),
    route("queries/<str:code>/", views.query, name="query", get="query.view", post="query.view"),
    route("forms/<str:code>/query/", views.ask, name="ask", post="query.open"),
    route("forms/<str:code>/verify/", views.verify, name="verify", post="form.verify"),
    route("forms/<str:code>/sign/", views.sign, name="sign", get="form.sign", post="form.sign"),
    route("forms/<str:code>/lock/", views.lock, name="lock", post="form.lock"),
    route("forms/<str:code>/unlock/", views.unlock, name="unlock", post="form.lock"),
    route("participants/<str:name>/lock/", views.lock_participant, name="lock_participant", post="form.lock"),
    route("alerts/<str:code>/", views.alert, name="alert", post="alert.view"),
    route("audit/", views.trail, name="trail", get="audit.view"),
]
