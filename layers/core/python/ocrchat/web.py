"""The web outside: fetching a caller's file (`file_url`), posting an event to a caller's `callback_url`.

Both URLs come from strangers, and a Lambda sits where they do not: near AWS's own addresses and, perhaps, in a private
network. So a host's addresses are judged where the connection is made, and the one that was judged is the one connected
to; a check before it can be outlived by the name (DNS rebinding). Proxies of the environment are not used.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote

import httpcore
import httpx

from ocrchat.errors import FileTooLarge, FileUrlFailed, InvalidField
from ocrchat.filenames import base_name

MAX_URL = 2048
"""Characters of a URL."""

REDIRECTS = 3
"""How many are followed on the way to a file."""

RESOLVE_SECONDS = 5.0
"""How long `check_url` waits for a name; what connects has its own deadline."""

_ANSWER_BYTES = 4096
"""How much of the answer to an event is read: a receiver may still be at work while it writes."""

_ALLOWED_BY = "Only whoever runs this server can allow that: OCRCHAT_ALLOW_PRIVATE_ADDRESSES=1 make serve"

_MOVED = frozenset({301, 302, 303, 307, 308})
_BROKEN = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class NoAnswer(Exception):
    """Why a URL gave none, or was not even asked; the text goes on from its name: "file_url" + "does not ..."."""


class Undelivered(Exception):
    """An event that its receiver did not take. `status` is what it answered, None where it did not."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    filename: str
    content: bytes


def check_url(url: str, *, field: str, allow_private: bool) -> None:
    """Whether `url` could be asked now, so that a caller hears at once. It keeps nobody safe: see above.

    Raises InvalidField.
    """
    try:
        _addresses(_parsed(url, allow_private).raw_host.decode("ascii"), RESOLVE_SECONDS, allow_private)
    except NoAnswer as error:
        raise InvalidField(f"{field} {error}.") from error


def fetch(url: str, *, max_bytes: int, seconds: float, allow_private: bool) -> Fetched:
    """The file behind `url`, all of it within `seconds`. Raises FileUrlFailed or FileTooLarge."""
    try:
        with _connections(seconds, allow_private) as connections:
            target = _parsed(url, allow_private)
            for _ in range(1 + REDIRECTS):
                # Not compressed: what would come out of it has no bound.
                with _asked(connections, "GET", target, {"Accept-Encoding": "identity"}) as answer:
                    said = httpx.Headers(answer.headers)
                    if answer.status in _MOVED and "Location" in said:
                        target = _redirected(target, said["Location"], allow_private)
                        continue
                    if not 200 <= answer.status < 300:
                        raise NoAnswer(f"answered with HTTP status {answer.status}")
                    content = _content(answer, int(said.get("Content-Length", 0)), max_bytes)
                    return Fetched(_filename(said.get("Content-Disposition", ""), target), content)
            raise NoAnswer(f"redirects more than {REDIRECTS} times")
    except NoAnswer as error:
        raise FileUrlFailed(f"file_url {error}.") from error


def post(url: str, *, body: bytes, headers: Mapping[str, str], seconds: float, allow_private: bool) -> int:
    """The status of the answer, whatever it is; a redirect is not followed. Raises Undelivered where none came."""
    try:
        target = _parsed(url, allow_private)
        with (
            _connections(seconds, allow_private) as connections,
            _asked(connections, "POST", target, headers, body) as answer,
        ):
            _read_some(answer)
            return answer.status
    except NoAnswer as error:
        raise Undelivered(f"The address {error}.") from error


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to public addresses only, unless `allow_private`, and for `seconds` in all, counted from now.

    It resolves each name once and connects to what it has judged. Unix sockets stay refused, as in the base class.
    """

    def __init__(self, seconds: float, allow_private: bool) -> None:
        self._deadline = _Deadline(seconds)
        self._allow_private = allow_private
        self._tcp = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises NoAnswer for an address that is refused. The deadline takes the place of `timeout`."""
        *others, last = _addresses(host, self._deadline.left(), self._allow_private)
        for address in others:
            try:
                return self._connect(address, port, self._deadline.left() / 2)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                pass  # many hosts have an IPv6 address, and many networks cannot reach it
        return self._connect(last, port, self._deadline.left())

    def _connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        return _Stream(self._tcp.connect_tcp(address, port, seconds), self._deadline)


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than 0. Raises httpcore.TimeoutException."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("the time for the whole exchange is up")
        return left


class _Stream(httpcore.NetworkStream):
    """A connection whose waits all end at one deadline: a timeout for each would let a sender drip for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            seconds = self._deadline.left()
        except httpcore.TimeoutException:
            self.close()  # which the pool leaves to whoever was to encrypt it
            raise
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


@contextmanager
def _connections(seconds: float, allow_private: bool) -> Iterator[httpcore.ConnectionPool]:
    """Connections of one exchange; what breaks them becomes NoAnswer."""
    try:
        with httpcore.ConnectionPool(network_backend=CheckedNetwork(seconds, allow_private)) as pool:
            yield pool
    except httpcore.TimeoutException as error:
        raise NoAnswer(f"did not answer in full within {seconds:g} seconds") from error
    except _BROKEN as error:
        reason = error.__context__  # the pool raises "from None", which leaves no __cause__
        if isinstance(reason, ssl.SSLCertVerificationError):
            why = reason.verify_message.partition(" for '")[0].rstrip(".")  # without the name, since webhooks log it
            raise NoAnswer(f"has a certificate that cannot be trusted: {why}") from error
        raise NoAnswer("could not be connected to, or broke off before its answer was complete") from error


def _asked(
    connections: httpcore.ConnectionPool,
    method: str,
    url: httpx.URL,
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> AbstractContextManager[httpcore.Response]:
    sent = httpx.Headers({"User-Agent": "ocrchat"})
    sent.update(headers)
    sent["Host"] = url.netloc.decode("ascii")  # httpcore's own has no brackets around an IPv6 address
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return connections.stream(method, target, headers=sent.raw, content=body)


def _parsed(text: str, allow_private: bool, base: httpx.URL | None = None) -> httpx.URL:
    """Raises NoAnswer for what is never asked, wherever it leads."""
    if len(text) > MAX_URL:
        raise NoAnswer(f"is longer than {MAX_URL} characters")
    try:
        url = base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise NoAnswer("is not a URL") from error
    if url.scheme not in (("https", "http") if allow_private else ("https",)):
        raise NoAnswer("does not begin with https://" + (f". {_ALLOWED_BY}" if url.scheme == "http" else ""))
    if not url.raw_host or (443 if url.port is None else url.port) not in range(1, 65536):
        raise NoAnswer("is not a URL: it has no host, or a port that cannot be")
    if url.userinfo:
        raise NoAnswer("holds a user name or a password, which do not belong in a URL")
    return url


def _redirected(url: httpx.URL, location: str, allow_private: bool) -> httpx.URL:
    """Raises NoAnswer."""
    try:
        return _parsed(location, allow_private, url)
    except NoAnswer as error:
        raise NoAnswer(f"redirects to what {error}") from error


def _addresses(host: str, seconds: float, allow_private: bool) -> list[str]:
    """The addresses of `host`, all of them public unless `allow_private`. Raises NoAnswer.

    What counts is what a name or number becomes: 2130706433, 0x7f.1 and localhost are all 127.0.0.1.
    """
    resolver = ThreadPoolExecutor(1)  # getaddrinfo takes no timeout, and the name's owner decides how long it takes
    try:
        found = resolver.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM).result(seconds)
    except (OSError, UnicodeError) as error:
        raise NoAnswer("has a host that does not resolve") from error
    finally:
        resolver.shutdown(wait=False)
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not allow_private and not all(_is_public(address) for address in addresses):
        raise NoAnswer(f"leads to an address that is not public. {_ALLOWED_BY}")
    return addresses


_INSIDE = (IPv4Network("192.0.0.0/24"), IPv6Network("fec0::/10"))
"""Not public either, though not every Python's ipaddress knows it."""

_NAT64 = IPv6Network("64:ff9b::/96")


def _is_public(address: str) -> bool:
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        ip = _carried(ip) or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not any(ip in network for network in _INSIDE)


def _carried(ip: IPv6Address) -> IPv4Address | None:
    """Where packets to `ip` end up if it stands for an IPv4 address: mapped, 6to4, Teredo or NAT64."""
    if ip in _NAT64:
        return IPv4Address(ip.packed[-4:])
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _content(answer: httpcore.Response, length: int, max_bytes: int) -> bytes:
    """Raises FileTooLarge, at once where the `length` that is announced says so."""
    content = BytesIO()
    if length <= max_bytes:
        for chunk in answer.iter_stream():
            content.write(chunk)
            if content.tell() > max_bytes:
                break
        else:
            return content.getvalue()
    raise FileTooLarge(f"The file behind file_url has more than {max_bytes // 1_000_000} MB. Split the document.")


def _read_some(answer: httpcore.Response) -> None:
    read = 0
    try:
        for chunk in answer.iter_stream():
            read += len(chunk)
            if read > _ANSWER_BYTES:
                return
    except _BROKEN:
        pass  # its status has come, and that is all that we wanted


_EXTENDED = re.compile(r"filename\*\s*=\s*(utf-8|iso-8859-1)'[^']*'([^;\s]+)", re.IGNORECASE)
_PLAIN = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)


def _filename(disposition: str, url: httpx.URL) -> str:
    """What the Content-Disposition says (RFC 6266: `filename*` before `filename`), else the URL's last part, else "file"."""
    names = [unquote(encoded, charset) for charset, encoded in _EXTENDED.findall(disposition)]
    names += [re.sub(r"\\(.)", r"\1", quoted) or token for quoted, token in _PLAIN.findall(disposition)]
    names.append(unquote(url.raw_path.partition(b"?")[0]))
    return next(filter(None, map(base_name, names)), "file")
