"""Addresses of rating tasks."""

from equipoise.conduct.accounts.routes import route
from equipoise.conduct.tasks.pages import rater, ratings

app_name = "tasks"
FILL, ASSIGN = "task.fill", "task.assign"

urlpatterns = [
    route("tasks/", rater.tasks, name="mine", get=FILL),
    route("tasks/<str:code>/", rater.task, name="task", get=FILL, post=FILL),
    route("tasks/<str:code>/begin/", rater.begin, name="begin", post=FILL),
    route("tasks/<str:code>/save/", rater.autosave, name="autosave", post=FILL),
    route("tasks/<str:code>/decline/", rater.decline, name="decline", post=FILL),
    route("tasks/<str:code>/question/<int:place>/", rater.answer, name="answer", post=FILL),
    route("tasks/<str:code>/back/", rater.give_back, name="give_back", post=FILL),
    route("ratings/", ratings.ratings, name="ratings", get=ASSIGN),
    route("ratings/assign/", ratings.assign, name="assign", post=ASSIGN),
    route("ratings/<str:code>/release/", ratings.release, name="release", post=ASSIGN),
]
