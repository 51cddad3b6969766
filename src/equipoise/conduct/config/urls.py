"""Every address of the web system. One that names no action is refused by the gate."""

from django.urls import URLPattern, URLResolver, include, path

from equipoise.conduct.accounts.routes import PUBLIC, route
from equipoise.conduct.config.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    route("health/", health, name="health", get=PUBLIC),
    path("", include("equipoise.conduct.accounts.urls")),
    path("people/", include("equipoise.conduct.review.people.urls")),
    path("", include("equipoise.conduct.api.urls")),
    path("", include("equipoise.conduct.review.urls")),
    path("", include("equipoise.conduct.enrollment.urls")),
    path("", include("equipoise.conduct.tasks.urls")),
    path("", include("equipoise.conduct.unblinding.urls")),
    path("", include("equipoise.conduct.capture.urls")),
]

handler400 = "equipoise.conduct.config.errors.not_understood"
handler403 = "equipoise.conduct.config.errors.refused"
handler404 = "equipoise.conduct.config.errors.not_found"
handler500 = "equipoise.conduct.config.errors.failed"
