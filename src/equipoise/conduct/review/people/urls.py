"""Addresses of people's pages."""

from equipoise.conduct.accounts.routes import route
from equipoise.conduct.review.people import views

VIEW, MANAGE = "people.view", "people.manage"

urlpatterns = [
    route("", views.everybody, name="people", get=VIEW),
    route("add/", views.add, name="people_add", get=MANAGE, post=MANAGE),
    route("delegation/<str:site>/", views.log, name="people_log", get=VIEW),
    route("delegation/<str:site>/spreadsheet/", views.log_sheet, name="people_log_sheet", get=VIEW),
    route("<str:person>/", views.one, name="person", get=VIEW),
    route("<str:person>/name/", views.rename, name="person_name", post=MANAGE),
    route("<str:person>/role/", views.give, name="person_role", post=MANAGE),
    route("<str:person>/role/<int:number>/end/", views.end, name="person_role_end", post=MANAGE),
    route("<str:person>/training/", views.train, name="person_training", post="people.train"),
    route("<str:person>/delegation/", views.delegate, name="person_delegation", post="people.delegate"),
    route(
        "<str:person>/delegation/<int:number>/end/",
        views.end_delegation,
        name="person_delegation_end",
        post="people.delegate",
    ),
    route("<str:person>/password/", views.password, name="person_password", post=MANAGE),
    route("<str:person>/code/", views.code, name="person_code", post=MANAGE),
    route("<str:person>/address/", views.address, name="person_address", post=MANAGE),
    route("<str:person>/close/", views.close, name="person_close", post=MANAGE),
]
