"""Everything that can go wrong, as one tree.

    OcrChatError
    ├── BadRequest 400              the caller can mend it
    │   ├── MalformedForm           malformed_form
    │   ├── InvalidField            invalid_field
    │   ├── FileMissing             file_missing
    │   ├── FileEmpty               file_empty
    │   ├── FileTooLarge            file_too_large
    │   ├── UnsupportedFile         unsupported_file
    │   ├── DamagedFile             damaged_file
    │   ├── PasswordNeeded          password_needed
    │   ├── TooManyPages            too_many_pages
    │   └── TooManyPixels           too_many_pixels
    ├── Unauthenticated 401         unauthenticated
    ├── JobNotFound 404             job_not_found
    ├── RouteNotFound 404           route_not_found
    ├── JobNotFinished 409          job_not_finished
    ├── JobFailed 409               job_failed
    ├── PageUnreadable 422          page_unreadable       (a page, never a request)
    ├── TooManyRequests 429, retryable  too_many_requests
    ├── GatewayTimeout 504, retryable   gateway_timeout
    └── Unavailable 503, retryable  unavailable           (an AWS service said: not now)

Each class says what it means to HTTP (`status`), to a queue (`retryable`) and to a program (`code`, stable); the message
tells the person what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class OcrChatError(Exception):
    """Root of the tree. `detail` is written for the caller: it never holds a stack trace, a key or document text."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


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
    code = "file_too_large"
    title = "File too large"


class UnsupportedFile(BadRequest):
    code = "unsupported_file"
    title = "Unsupported file type"


class DamagedFile(BadRequest):
    code = "damaged_file"
    title = "Damaged file"


class PasswordNeeded(BadRequest):
    code = "password_needed"
    title = "The PDF needs a password"


class TooManyPages(BadRequest):
    code = "too_many_pages"
    title = "Too many pages"


class TooManyPixels(BadRequest):
    code = "too_many_pixels"
    title = "Image too large"


class Unauthenticated(OcrChatError):
    code = "unauthenticated"
    status = 401
    title = "Missing or invalid API token"


class JobNotFound(OcrChatError):
    code = "job_not_found"
    status = 404
    title = "No such job"


class RouteNotFound(OcrChatError):
    code = "route_not_found"
    status = 404
    title = "No such route"


class JobNotFinished(OcrChatError):
    code = "job_not_finished"
    status = 409
    title = "The job has not finished"


class JobFailed(OcrChatError):
    code = "job_failed"
    status = 409
    title = "The job failed"


class PageUnreadable(OcrChatError):
    """This page will not be readable however often it is tried: damaged content, an impossible size."""

    code = "page_unreadable"
    status = 422
    title = "The page cannot be read"


class TooManyRequests(OcrChatError):
    code = "too_many_requests"
    status = 429
    title = "Too many requests"
    retryable = True


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
