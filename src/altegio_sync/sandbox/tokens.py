"""The tokens of the sandbox: which requests have them, and how a user gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.sandbox.endpoints import success
from altegio_sync.sandbox.faults import refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_USER = {"login": "admin@example.com", "password": "sandbox-password"}


class Tokens:
    """The partner token and the token of the only user."""

    def __init__(self, partner: str, user: str) -> None:
        self._user = user
        self._partner = f"Bearer {partner}"
        self._both = f"Bearer {partner}, User {user}"

    def refuse(self, request: Request) -> Response | None:
        """The refusal of a request without the tokens or without a version; None if it has both."""
        if not request.headers.get("accept", "").endswith(".v2+json"):
            return refusal(400, "Accept header must name the version.")
        if request.headers.get("authorization") != self._both:
            return refusal(401, "Authentication needed.")
        return None

    async def log_in(self, request: Request, *, asks_second_factor: bool) -> Response:
        """Answer `POST /auth` with the user token."""
        if request.headers.get("authorization") != self._partner:
            return refusal(401, "Authentication needed.")
        if await request.json() != _USER:
            return refusal(401, "Login or password is wrong.")
        if asks_second_factor:
            return success({"uuid": "c0ffee", "flow": "sms", "attempts_left": 3}, [])
        user = {"id": 1, "user_token": self._user, "login": _USER["login"]}
        return success({**user, "name": "Адміністратор", "email": "", "avatar": ""}, [], 201)
