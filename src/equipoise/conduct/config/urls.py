"""Every address of the web system. One that the permission matrix does not know is refused."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
