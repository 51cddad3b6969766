"""Django's filter `date`, for every template, as each language writes days."""

from django import template

from equipoise.conduct.frame import days

register = template.Library()
register.filter("date", days.written, expects_localtime=True, is_safe=False)
