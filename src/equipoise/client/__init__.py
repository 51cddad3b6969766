"""A client of a running installation: what people do on its pages, done by a program with a token.

    from equipoise.client import Answer, Client, over_http

    study = Client(over_http("https://study.example.org"), token=token)
    for line in study.participants.list():
        print(line.participant, line.next_visit, line.next_on)

Holds a method for each operation, by area, the types of what it takes and gives, and the line they go over.
Refuses the web framework: it needs the standard library alone and works beside any release that speaks
version 1 of the interface.
"""

from equipoise.client.client import Client
from equipoise.client.shapes.shared import Answer
from equipoise.client.transport import Response, Transport, over_http
from equipoise.errors import RequestRefused

__all__ = ["Answer", "Client", "RequestRefused", "Response", "Transport", "over_http"]
