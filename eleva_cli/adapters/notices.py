"""Notices to a webhook as Slack has them: one POST of one text, tried once.

Its address is a secret: whoever has it can write there. So it is told to nobody, and
what the receiver says is not repeated either.
"""

from __future__ import annotations

import httpx2

from eleva_cli.adapters.bounds import NOTICE, OutsideError
from eleva_cli.adapters.connection import Connection
from eleva_cli.adapters.http import NOTICE_S


class NoticeAdapter:
    """Posts through the network door, which lets nothing else go to that address."""

    def __init__(self, connection: Connection, client: httpx2.Client) -> None:
        self._url = connection.notice_url
        self._client = client

    def post(self, text: str) -> str | None:
        """Return why it was not taken, `None` where it was."""
        try:
            status = self._send(text)
        except httpx2.TimeoutException:
            return f"no answer within {NOTICE_S:g} s"
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return f"it cannot be reached ({type(error).__name__})"
        except OutsideError:
            return "its address may not be used"
        if 300 <= status < 400:
            return f"it answered {status}, and redirects are not followed"
        return None if 200 <= status < 300 else f"it answered {status}"

    def _send(self, text: str) -> int:
        # As a stream: of the answer nothing but its status is read.
        with self._client.stream(
            "POST",
            self._url,
            json={"text": text},
            headers={"User-Agent": "eleva"},
            extensions={NOTICE: True},
        ) as response:
            return response.status_code
