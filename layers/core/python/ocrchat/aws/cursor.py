"""Where a list goes on, as a word that callers hand back as they got it."""

from __future__ import annotations

import base64
import binascii
import re

from ocrchat.errors import InvalidField


def encode(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode(cursor: str, form: re.Pattern[str]) -> str:
    """Raises InvalidField for a word that does not hold a position of this form."""
    try:
        position = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidField("cursor is not one of ours. Take it from 'next_cursor' as it is.") from error
    if not form.fullmatch(position):
        raise InvalidField("cursor is not one of ours. Take it from 'next_cursor' as it is.")
    return position
