"""Addresses of people's pages. The names are allauth's, which looks them up."""

from equipoise.conduct.accounts import views
from equipoise.conduct.accounts.routes import OWN, PUBLIC, route

urlpatterns = [
    route("sign-in/", views.account_sign_in, name="account_login", get=PUBLIC, post=PUBLIC),
    route("sign-in/code/", views.code_enter, name="mfa_authenticate", get=PUBLIC, post=PUBLIC),
    route("sign-in/once/<str:secret>/", views.enter, name="account_enter", get=PUBLIC, post=PUBLIC),
    route("sign-out/", views.account_sign_out, name="account_logout", post=PUBLIC),
    route("language/", views.language_choose, name="language", post=PUBLIC, guest=True),
    route("sign-up/", views.closed, name="account_signup", get=PUBLIC),
    route("account/confirm/", views.account_confirm, name="account_reauthenticate", get=OWN, post=OWN),
    route("account/confirm/code/", views.code_confirm, name="mfa_reauthenticate", get=OWN, post=OWN),
    route("account/password/", views.account_password, name="account_change_password", get=OWN, post=OWN),
    route("account/address/", views.account_address, name="account_address", get=OWN, post=OWN),
    route("account/", views.code_overview, name="mfa_index", get=OWN),
    route("account/code/", views.code_set_up, name="mfa_activate_totp", get=OWN, post=OWN),
    route("account/code/remove/", views.code_remove, name="mfa_deactivate_totp", get=OWN, post=OWN),
    route("account/recovery/", views.recovery_show, name="mfa_view_recovery_codes", get=OWN),
    route(
        "account/recovery/new/", views.recovery_make, name="mfa_generate_recovery_codes", get=OWN, post=OWN
    ),
]
