"""Addresses of consent, eligibility and the clinic's device in a participant's hands."""

from equipoise.conduct.accounts.routes import PUBLIC, route
from equipoise.conduct.enrollment.pages import (
    consent_forms,
    criteria,
    device,
    questions,
    reading,
    standing,
    taking,
)

TAKE, VIEW, SET_UP = "consent.take", "consent.view", "consent.set_up"
HAND_OVER = "device.hand_over"

urlpatterns = [
    route("consent/", consent_forms.forms, name="consent_forms", get=VIEW),
    route("consent/new/", consent_forms.add, name="consent_form_new", get=SET_UP, post=SET_UP),
    route(
        "consent/<str:site>/<int:number>/<str:language>/", consent_forms.form, name="consent_form", get=VIEW
    ),
    route(
        "consent/<str:site>/<int:number>/<str:language>/approve/",
        consent_forms.approve,
        name="consent_approve",
        post=SET_UP,
    ),
    route("participants/new/", taking.take, name="take", get=TAKE, post=TAKE),
    route("participants/new/again/", taking.again, name="take_again", post=TAKE),
    route("participants/new/put-away/", taking.give_up, name="give_up", post=TAKE),
    route("participants/<str:name>/consent/", standing.consent, name="consent", get=VIEW),
    route("participants/<str:name>/consent/renew/", taking.renew, name="renew", post=TAKE),
    route("participants/<str:name>/consent/copy/", standing.copy, name="consent_copy", get=TAKE),
    route(
        "participants/<str:name>/consent/countersign/",
        standing.countersign,
        name="countersign",
        get=TAKE,
        post=TAKE,
    ),
    route(
        "participants/<str:name>/consent/withdraw/",
        standing.withdraw,
        name="withdraw",
        post="withdrawal.record",
    ),
    route("participants/<str:name>/consent/go-on/", standing.excuse, name="excuse", post=TAKE),
    route("participants/<str:name>/contact/", standing.contact, name="contact", get=TAKE),
    route("participants/<str:name>/device/", taking.visit, name="hand_visit", post=HAND_OVER),
    route(
        "participants/<str:name>/eligibility/",
        criteria.eligibility,
        name="eligibility",
        get="eligibility.view",
        post="eligibility.judge",
    ),
    route(
        "participants/<str:name>/eligibility/confirm/",
        criteria.confirm,
        name="eligibility_confirm",
        get="eligibility.confirm",
        post="eligibility.confirm",
    ),
    route("device/", device.device, name="device", get=HAND_OVER, guest=True),
    route("device/later/", device.later, name="device_later", get=HAND_OVER, guest=True),
    route("device/back/", device.back, name="device_back", get=HAND_OVER, post=HAND_OVER, guest=True),
    route("device/leave/", device.sign_out, name="device_leave", post=HAND_OVER, guest=True),
    route("device/ended/", device.ended, name="device_ended", get=PUBLIC, guest=True),
    route("device/read/", reading.reading, name="reading", get=HAND_OVER, guest=True),
    route(
        "device/read/<int:number>/",
        reading.page,
        name="reading_page",
        get=HAND_OVER,
        post=HAND_OVER,
        guest=True,
    ),
    route("device/questions/", questions.questions, name="questions", get=HAND_OVER, guest=True),
    route(
        "device/questions/<int:number>/",
        questions.question,
        name="question",
        get=HAND_OVER,
        post=HAND_OVER,
        guest=True,
    ),
    route("help-now/", device.help_now, name="help", get=PUBLIC, guest=True),
]
