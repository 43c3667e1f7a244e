"""The system's errors have sentences, with the system's own words in English."""

from __future__ import annotations

import errno
import os

import pytest

from altegio_sync.messages import Message
from altegio_sync.messages.os_errors import os_reason


@pytest.mark.parametrize(
    "number",
    [errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR, errno.ENOSPC, errno.EROFS],
    ids=errno.errorcode.get,
)
def test_a_usual_error_of_the_system_is_a_sentence(number: int) -> None:
    reason = os_reason(OSError(number, os.strerror(number)))

    assert isinstance(reason, Message)
    assert str(reason) == os.strerror(number)


def test_a_rare_error_keeps_the_words_of_the_system() -> None:
    assert os_reason(OSError(errno.ENXIO, "No such device")) == "No such device"
    assert os_reason(OSError("unknown")) == "OSError"
