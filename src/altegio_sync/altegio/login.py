"""Asks Altegio for the token of a user, by login and password."""

from __future__ import annotations

from altegio_sync.altegio.protocol import ACCEPT, Request, read_answer
from altegio_sync.altegio.requesting import check_token
from altegio_sync.altegio.transport import Transport
from altegio_sync.altegio.wire import LoginAnswer
from altegio_sync.errors import AltegioRejectedError, UnexpectedAnswerError
from altegio_sync.messages import api as texts


async def log_in(url: str, company_token: str, login: str, password: str) -> str:
    """The token of the user. The request is sent once: Altegio may lock a user after many tries.

    Raises:
        AltegioError: Altegio refuses the login, asks for a second factor, or does not answer.
        ConfigError: a header cannot contain the token.
    """
    check_token(company_token)
    headers = {
        "Accept": ACCEPT,
        "Authorization": f"Bearer {company_token}",
        "User-Agent": "altegio-sync",
    }
    transport = Transport(url, headers)
    secrets = [each for each in (company_token, login, password) if each]
    try:
        answer = await transport.send(Request("auth", body={"login": login, "password": password}))
        token = read_answer(
            LoginAnswer, answer.status, answer.headers, answer.body, secrets=secrets
        ).data.user_token.strip()
    except AltegioRejectedError as error:
        raise AltegioRejectedError(
            texts.LOGIN_REFUSED(status=error.status or 0), status=error.status
        ) from None
    finally:
        await transport.aclose()
    if not token:
        raise UnexpectedAnswerError(texts.SECOND_FACTOR())
    return token
