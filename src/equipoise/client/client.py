"""The client: every area of the interface, over one line, for one token.

Holds how it is opened. What it can be asked stands in `areas`.
"""

import time
from collections.abc import Callable

from equipoise.client.areas import Areas
from equipoise.client.calling import Caller, draw_key
from equipoise.client.transport import Transport


class Client(Areas):
    """Somebody's program at an installation.

    transport   the line, e.g. `over_http(address)`
    token       made on the page of one's account
    language    of labels and sentences
    keys        gives each change its key; None sends none, and repeats nothing
    pause       waits some seconds before something is asked again
    Every call raises RequestRefused when the installation refuses, OSError when nothing answers.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        token: str,
        language: str = "en",
        keys: Callable[[], str] | None = draw_key,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        super().__init__(Caller(transport, headers=headers, keys=keys, pause=pause))
