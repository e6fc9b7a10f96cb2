"""Everything that can go wrong, as one tree.

    OcrChatError
    ├── BadRequest 400              the caller can mend it
    │   ├── MalformedForm           malformed_form
    │   ├── InvalidField            invalid_field
    │   ├── FileMissing             file_missing
    │   ├── FileEmpty               file_empty
    │   ├── FileTooLarge            file_too_large
    │   ├── FileTooCostly           file_too_costly
    │   ├── UnsupportedFile         unsupported_file
    │   ├── DamagedFile             damaged_file
    │   ├── PasswordNeeded          password_needed
    │   ├── UploadMissing           upload_missing
    │   ├── FileUrlFailed           file_url_failed
    │   ├── ObjectUnreadable        object_unreadable     (a dropped file, never a request)
    │   ├── TooManyPages            too_many_pages
    │   ├── TooManyPixels           too_many_pixels
    │   └── TranslationUnavailable  translation_unavailable     with `available`
    ├── Unauthenticated 401         unauthenticated
    ├── PaymentRequired 402         with `used`, `cap` and `upgrade`
    │   ├── DailyLimitReached       daily_limit_reached
    │   ├── MonthlyLimitReached     monthly_limit_reached
    │   ├── OutOfCredits            out_of_credits
    │   ├── SpendCapReached         spend_cap_reached
    │   ├── QuestionLimitReached    question_limit_reached
    │   └── DeploymentCapReached    deployment_cap_reached
    ├── AccountNotFound 404         account_not_found     (a dropped file, never a request)
    ├── JobNotFound 404             job_not_found
    ├── ConversationNotFound 404    conversation_not_found
    ├── RouteNotFound 404           route_not_found
    ├── MethodNotAllowed 405        method_not_allowed
    ├── JobNotFinished 409          job_not_finished
    ├── JobFailed 409               job_failed
    ├── JobEnded 409                job_ended
    ├── JobErased 409               job_erased
    ├── NoTranslation 409           no_translation
    ├── IdempotencyKeyReused 422    idempotency_key_reused
    ├── PageUnreadable 422          page_unreadable       (a page, never a request)
    │   ├── PageTooCostly 422       page_too_costly
    │   └── PageCrashes 422         page_crashed
    ├── TooManyRequests 429, retryable  too_many_requests
    ├── GatewayTimeout 504, retryable   gateway_timeout
    └── Unavailable 503, retryable  unavailable           (an AWS service said: not now)

Each class says what it means to HTTP (`status`), to a queue (`retryable`) and to a program (`code`, stable); the message
tells the person what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The plan that would lift a limit, and what it allows; None is no cap."""

    plan: str
    file_pages: int
    daily_cap: int | None
    monthly_cap: int | None


class OcrChatError(Exception):
    """Root of the tree. `detail` is written for the caller: it never holds a stack trace, a key or document text."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def members(self) -> dict[str, Any]:
        """What a problem document says of this error beside the usual: RFC 9457's extension members."""
        return {}

    @property
    def headers(self) -> dict[str, str]:
        """What its answer says in headers."""
        return {"Retry-After": "5"} if self.retryable else {}


class BadRequest(OcrChatError):
    code = "bad_request"
    status = 400
    title = "Bad request"


class MalformedForm(BadRequest):
    code = "malformed_form"
    title = "The form could not be read"


class InvalidField(BadRequest):
    code = "invalid_field"
    title = "A field has a value that is not allowed"


class FileMissing(BadRequest):
    code = "file_missing"
    title = "No file"


class FileEmpty(BadRequest):
    code = "file_empty"
    title = "Empty file"


class FileTooLarge(BadRequest):
    """`upload` is where the file can be sent instead, as POST /api/v1/uploads/ answers it, if that is known."""

    code = "file_too_large"
    title = "File too large"

    def __init__(self, detail: str, upload: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.upload = upload

    @property
    def members(self) -> dict[str, Any]:
        return {"upload": self.upload}


class FileTooCostly(BadRequest):
    """Opening this file takes more time, or more memory, than a file may."""

    code = "file_too_costly"
    title = "The file takes too long to open"


class UnsupportedFile(BadRequest):
    code = "unsupported_file"
    title = "Unsupported file type"


class DamagedFile(BadRequest):
    code = "damaged_file"
    title = "Damaged file"


class PasswordNeeded(BadRequest):
    code = "password_needed"
    title = "The PDF needs a password"


class UploadMissing(BadRequest):
    code = "upload_missing"
    title = "The upload is not there"


class FileUrlFailed(BadRequest):
    code = "file_url_failed"
    title = "The file could not be fetched"


class ObjectUnreadable(BadRequest):
    """A file in the drop bucket lies in an archive, or is encrypted with a key that this server may not use."""

    code = "object_unreadable"
    title = "The dropped file cannot be read"


class TooManyPages(BadRequest):
    code = "too_many_pages"
    title = "Too many pages"

    def __init__(self, detail: str, upgrade: Upgrade | None = None) -> None:
        super().__init__(detail)
        self.upgrade = upgrade

    @property
    def members(self) -> dict[str, Any]:
        return {"upgrade": asdict(self.upgrade) if self.upgrade else None}


class TooManyPixels(BadRequest):
    code = "too_many_pixels"
    title = "Image too large"


class TranslationUnavailable(BadRequest):
    """`available` are the codes of the languages that can be had instead, from the one that was asked for if one was."""

    code = "translation_unavailable"
    title = "This translation cannot be had here"

    def __init__(self, detail: str, available: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.available = tuple(available)

    @property
    def members(self) -> dict[str, Any]:
        return {"available": list(self.available)}


class Unauthenticated(OcrChatError):
    code = "unauthenticated"
    status = 401
    title = "Missing or invalid API token"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="ocrchat"'}


class PaymentRequired(OcrChatError):
    """A limit is reached: `used` of `cap` credits; `upgrade` is the plan that would lift it, if one does."""

    code = "payment_required"
    status = 402
    title = "Out of pages"

    def __init__(self, detail: str, used: int, cap: int, upgrade: Upgrade | None = None) -> None:
        super().__init__(detail)
        self.used = used
        self.cap = cap
        self.upgrade = upgrade

    @property
    def members(self) -> dict[str, Any]:
        return {"used": self.used, "cap": self.cap, "upgrade": asdict(self.upgrade) if self.upgrade else None}


class DailyLimitReached(PaymentRequired):
    code = "daily_limit_reached"
    title = "Daily limit reached"


class MonthlyLimitReached(PaymentRequired):
    code = "monthly_limit_reached"
    title = "Monthly limit reached"


class OutOfCredits(PaymentRequired):
    code = "out_of_credits"
    title = "Not enough credits"


class SpendCapReached(PaymentRequired):
    """The operator's monthly cap for this account."""

    code = "spend_cap_reached"
    title = "Spend cap reached"


class QuestionLimitReached(PaymentRequired):
    """Here `used` and `cap` count questions of a day."""

    code = "question_limit_reached"
    title = "Daily limit of questions reached"


class DeploymentCapReached(PaymentRequired):
    """The operator's monthly cap for all accounts together."""

    code = "deployment_cap_reached"
    title = "This server has reached its monthly cap"


class AccountNotFound(OcrChatError):
    """The folder under drop/ that a file was put into is no account's."""

    code = "account_not_found"
    status = 404
    title = "No such account"


class JobNotFound(OcrChatError):
    code = "job_not_found"
    status = 404
    title = "No such job"


class ConversationNotFound(OcrChatError):
    code = "conversation_not_found"
    status = 404
    title = "No such conversation"


class RouteNotFound(OcrChatError):
    code = "route_not_found"
    status = 404
    title = "No such route"


class MethodNotAllowed(OcrChatError):
    code = "method_not_allowed"
    status = 405
    title = "The route has no such method"

    def __init__(self, detail: str, allowed: Sequence[str]) -> None:
        super().__init__(detail)
        self.allowed = tuple(allowed)

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": ", ".join(self.allowed)}


class JobNotFinished(OcrChatError):
    code = "job_not_finished"
    status = 409
    title = "The job has not finished"


class JobFailed(OcrChatError):
    code = "job_failed"
    status = 409
    title = "The job failed"


class JobEnded(OcrChatError):
    code = "job_ended"
    status = 409
    title = "The job has ended already"


class JobErased(OcrChatError):
    code = "job_erased"
    status = 409
    title = "The job of this Idempotency-Key was deleted"


class NoTranslation(OcrChatError):
    code = "no_translation"
    status = 409
    title = "There is no translation"


class IdempotencyKeyReused(OcrChatError):
    code = "idempotency_key_reused"
    status = 422
    title = "The Idempotency-Key belongs to another request"


class PageUnreadable(OcrChatError):
    """This page will not be readable however often it is tried: damaged content, an impossible size."""

    code = "page_unreadable"
    status = 422
    title = "The page cannot be read"


class PageTooCostly(PageUnreadable):
    """Reading this page takes more memory, or more of the processor, than a page may."""

    code = "page_too_costly"


class PageCrashes(PageUnreadable):
    """Reading this page brings down the process that does, and did so twice."""

    code = "page_crashed"


class TooManyRequests(OcrChatError):
    code = "too_many_requests"
    status = 429
    title = "Too many requests"
    retryable = True

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class GatewayTimeout(OcrChatError):
    code = "gateway_timeout"
    status = 504
    title = "No answer in time"
    retryable = True


class Unavailable(OcrChatError):
    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"
    retryable = True
