"""Addresses of review."""

from equipoise.conduct.accounts.routes import route
from equipoise.conduct.review import views

app_name = "review"

urlpatterns = [
    route("queries/", views.queries, name="queries", get="query.view"),
    route("queries/<int:number>/", views.query, name="query", get="query.view", post="query.view"),
    route("forms/<int:number>/query/", views.ask, name="ask", post="query.open"),
    route("forms/<int:number>/verify/", views.verify, name="verify", post="form.verify"),
    route("forms/<int:number>/sign/", views.sign, name="sign", get="form.sign", post="form.sign"),
    route("forms/<int:number>/lock/", views.lock, name="lock", post="form.lock"),
    route("forms/<int:number>/unlock/", views.unlock, name="unlock", post="form.lock"),
    route("participants/<str:name>/lock/", views.lock_participant, name="lock_participant", post="form.lock"),
    route("alerts/<int:number>/", views.alert, name="alert", post="alert.view"),
    route("audit/", views.trail, name="trail", get="audit.view"),
]
