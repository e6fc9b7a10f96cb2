"""Asking strangers' addresses. The servers are real, on 127.0.0.1; only names are resolved by the test."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ocrchat import web
from ocrchat.errors import FileTooLarge, FileUrlFailed, InvalidField

SETTING = "OCRCHAT_ALLOW_PRIVATE_ADDRESSES"
PUBLIC = "1.1.1.1"


class Names(dict[str, list[list[str]]]):
    """Name -> its answers, one after the other; the last one stays. Other names do not resolve, numbers resolve as ever."""

    def __init__(self) -> None:
        self._numeric = socket.getaddrinfo

    def getaddrinfo(self, host: str, port: int | None, *args: int, **kwargs: int) -> list[tuple]:
        if host not in self:
            return self._numeric(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        answers = self[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for address in addresses for found in self.getaddrinfo(address, port)]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


class Handler(BaseHTTPRequestHandler):
    """A site whose paths do what they are called."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, dict[str, str], bytes]]

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers), b""))
        what, _, argument = self.path.lstrip("/").partition("/")
        getattr(self, what.partition("?")[0], self.file)(argument)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, dict(self.headers), body))
        getattr(self, self.path.split("/")[1])(self.path.split("/")[2])

    def file(self, _: str) -> None:
        self.answer(200, b"%PDF")

    def status(self, code: str) -> None:
        self.answer(int(code), b"")

    def hops(self, count: str) -> None:
        self.answer(302, b"", Location=f"/hops/{int(count) - 1}" if int(count) else "/arrived.pdf")

    def to(self, target: str) -> None:
        self.answer(307, b"", Location=unquote(target))

    def named(self, _: str) -> None:
        disposition = unquote(self.path.partition("?")[2])
        self.answer(200, b"%PDF", **{"Content-Disposition": disposition.encode().decode("latin-1")})

    def announced(self, size: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", size)
        self.end_headers()

    def endless(self, _: str) -> None:
        self.start()
        while self.write(b"x" * 65536):
            pass

    def drip(self, _: str) -> None:
        self.start()
        while self.write(b"x"):
            time.sleep(0.02)

    def drip_headers(self, _: str) -> None:
        while self.write(b"HTTP/1.1 100 Continue\r\n\r\n"):
            time.sleep(0.02)

    def cut(self, _: str) -> None:
        self.announced("100")
        self.close_connection = True

    def start(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.end_headers()

    def write(self, data: bytes) -> bool:
        try:
            self.wfile.write(data)
        except ConnectionError:
            self.close_connection = True
            return False
        return True

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news here."""


class Site:
    """A server; `asked` holds path, headers and body of each request."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self._server = Server(("127.0.0.1", 0), type("H", (Handler,), {"asked": self.asked}))
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.stop()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Takes connections on 127.0.0.1 and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def fetch(url: str, *, max_bytes: int = 1_000_000, seconds: float = 5, allow_private: bool = True) -> web.Fetched:
    return web.fetch(url, max_bytes=max_bytes, seconds=seconds, allow_private=allow_private)


def post(url: str, *, body: bytes = b"{}", seconds: float = 5, allow_private: bool = True) -> int:
    headers = {"Content-Type": "application/json", "webhook-id": "evt_1"}
    return web.post(url, body=body, headers=headers, seconds=seconds, allow_private=allow_private)


def port(listener: socket.socket) -> int:
    return listener.getsockname()[1]


def was_connected_to(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_a_file_is_fetched_uncompressed(site: Site) -> None:
    assert fetch(f"{site.url}/a/invoice.pdf?x=1") == web.Fetched("invoice.pdf", b"%PDF")

    path, headers, _ = site.asked[0]
    assert path == "/a/invoice.pdf?x=1"
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Host"] == f"127.0.0.1:{site.port}"


def test_up_to_three_redirects_are_followed_to_the_name_at_their_end(site: Site) -> None:
    assert fetch(f"{site.url}/hops/2") == web.Fetched("arrived.pdf", b"%PDF")

    with pytest.raises(FileUrlFailed, match=r"^file_url redirects more than 3 times\.$"):
        fetch(f"{site.url}/hops/3")


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("ftp://files.example/a", "does not begin with https://"),
        ("file:///etc/passwd", "does not begin with https://"),
        ("http://me:secret@127.0.0.1/", "a user name or a password"),
        ("http://[::1/", "is not a URL"),
        ("http://127.0.0.1:0/", "is not a URL"),
    ],
)
def test_the_target_of_a_redirect_is_checked_like_the_first_url(site: Site, location: str, why: str) -> None:
    with pytest.raises(FileUrlFailed, match=f"^file_url redirects to what .*{why}"):
        fetch(f"{site.url}/to/{location}")


@pytest.mark.parametrize("status", [304, 404, 500])
def test_an_answer_without_a_file_is_a_failure_that_names_its_status(site: Site, status: int) -> None:
    with pytest.raises(FileUrlFailed, match=rf"^file_url answered with HTTP status {status}\.$"):
        fetch(f"{site.url}/status/{status}")


def test_a_file_may_be_as_large_as_allowed(site: Site) -> None:
    assert fetch(f"{site.url}/a.pdf", max_bytes=4).content == b"%PDF"


@pytest.mark.parametrize("path", ["announced/9000001", "endless/"])
def test_a_larger_file_is_not_read_to_its_end(site: Site, path: str) -> None:
    with pytest.raises(FileTooLarge, match="more than 9 MB"):
        fetch(f"{site.url}/{path}", max_bytes=9_000_000)


@pytest.mark.parametrize("path", ["drip/", "drip_headers/"])
def test_a_sender_that_drips_is_not_waited_for(site: Site, path: str) -> None:
    start = time.monotonic()

    with pytest.raises(FileUrlFailed, match=r"within 0\.2 seconds"):
        fetch(f"{site.url}/{path}", seconds=0.2)

    assert time.monotonic() - start < 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_silence_is_not_waited_for(listener: socket.socket, scheme: str) -> None:
    with pytest.raises(FileUrlFailed, match=r"within 0\.1 seconds"):
        fetch(f"{scheme}://127.0.0.1:{port(listener)}/", seconds=0.1)


def test_a_name_that_resolves_slowly_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [over.wait()])

    with pytest.raises(FileUrlFailed, match="does not resolve"):
        fetch("https://slow.example/", seconds=0.1)

    over.set()


def test_a_file_that_breaks_off_is_a_failure(site: Site) -> None:
    with pytest.raises(FileUrlFailed, match="broke off"):
        fetch(f"{site.url}/cut/")


def test_a_closed_port_is_a_failure(listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{port(listener)}/"
    listener.close()

    with pytest.raises(FileUrlFailed, match="could not be connected to"):
        fetch(url)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="March 2024.pdf"', "March 2024.pdf"),
        ("attachment; filename=scan.png", "scan.png"),
        ("attachment; filename=发票.pdf", "发票.pdf"),
        ('inline; FILENAME = "a \\"b\\".pdf"', 'a "b".pdf'),
        ("attachment; filename=\"plain.pdf\"; filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf", "发票.pdf"),
        ("attachment; filename*=iso-8859-1'en'%A3.pdf; filename=plain.pdf", "£.pdf"),
        ("attachment; filename*=utf-7''a.pdf; filename=plain.pdf", "plain.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="..\\\\..\\\\scan.png"', "scan.png"),
        ('attachment; filename=""', "the path.pdf"),
        ('attachment; filename=".."', "the path.pdf"),
        ("attachment", "the path.pdf"),
        (f"attachment; filename={'x' * 300}", "x" * 255),
    ],
)
def test_a_file_is_called_what_its_sender_says(site: Site, disposition: str, name: str) -> None:
    assert fetch(f"{site.url}/named/the%20path.pdf?{quote(disposition)}").filename == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/发票.pdf", "发票.pdf"),
        ("/%E2%80%AEa.pdf", "a.pdf"),
        ("/a%2Fb.pdf", "b.pdf"),
        ("/folder/", "file"),
        ("", "file"),
        ("/%ff.pdf", "\ufffd.pdf"),
    ],
)
def test_else_it_is_called_what_its_url_ends_with(site: Site, path: str, name: str) -> None:
    assert fetch(site.url + path).filename == name


@pytest.fixture
def tls_site(tmp_path: Path) -> Iterator[tuple[Site, Path]]:
    """A server whose certificate, the file beside it, is for files.example alone and signed by itself."""
    key, now, name = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC), "files.example"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    site = Site(context)
    yield site, pem
    site.stop()


def test_a_certificate_is_checked_against_the_name_though_the_address_is_connected_to(
    tls_site: tuple[Site, Path], names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, certificate = tls_site
    names["files.example"] = names["other.example"] = [["127.0.0.1"]]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert fetch(f"https://files.example:{site.port}/a.pdf").content == b"%PDF"
    with pytest.raises(FileUrlFailed, match="certificate that cannot be trusted: Hostname mismatch"):
        fetch(f"https://other.example:{site.port}/a.pdf")


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tls_site: tuple[Site, Path], names: Names) -> None:
    names["files.example"] = [["127.0.0.1"]]

    with pytest.raises(FileUrlFailed, match="certificate that cannot be trusted: self-signed certificate"):
        fetch(f"https://files.example:{tls_site[0].port}/a.pdf")


def test_a_port_without_tls_is_a_failure(site: Site) -> None:
    with pytest.raises(FileUrlFailed, match="could not be connected to"):
        fetch(f"https://127.0.0.1:{site.port}/a.pdf")


def test_proxies_of_the_environment_are_not_used(
    site: Site, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port(listener)}")

    assert fetch(f"{site.url}/a.pdf").content == b"%PDF"
    assert not was_connected_to(listener)


@pytest.mark.parametrize("status", [200, 204, 302, 410, 503])
def test_a_post_answers_with_whatever_status_came(site: Site, status: int) -> None:
    assert post(f"{site.url}/status/{status}", body=b'{"a":1}') == status

    [(_, headers, body)] = site.asked
    assert body == b'{"a":1}'
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == "evt_1"


def test_a_post_follows_no_redirect(site: Site) -> None:
    assert post(f"{site.url}/to/{quote(site.url + '/status/200', safe='')}") == 307
    assert len(site.asked) == 1


@pytest.mark.parametrize("path", ["endless/", "drip/", "cut/"])
def test_a_post_needs_no_more_of_an_answer_than_its_status(site: Site, path: str) -> None:
    assert post(f"{site.url}/{path}", seconds=0.2) == 200


def test_a_post_without_an_answer_is_undelivered(listener: socket.socket) -> None:
    with pytest.raises(web.Undelivered) as caught:
        post(f"http://127.0.0.1:{port(listener)}/", seconds=0.1)

    assert caught.value.status is None
    assert caught.value.reason == "The address did not answer in full within 0.1 seconds."


def test_a_post_to_a_private_address_is_undelivered(listener: socket.socket) -> None:
    with pytest.raises(web.Undelivered, match=SETTING):
        post(f"https://127.0.0.1:{port(listener)}/", allow_private=False)

    assert not was_connected_to(listener)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "does not begin with https://"),
        ("invoice.pdf", "does not begin with https://"),
        ("//files.example/a", "does not begin with https://"),
        ("http://files.example/a", "does not begin with https://"),
        ("gopher://files.example/a", "does not begin with https://"),
        ("https://", "is not a URL"),
        ("https:///a", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://files.example:0/", "is not a URL"),
        ("https://files.example:65536/", "is not a URL"),
        ("https://files.example:-1/", "is not a URL"),
        ("https://files.example/\x00", "is not a URL"),
        ("https://１２７.0.0.1/", "is not a URL"),
        ("https://0177.0.0.1/", "is not a URL"),
        (f"https://files.example/{'a' * 2048}", "is longer than 2048 characters"),
        ("https://me@files.example/", "a user name or a password"),
        ("https://files.example\\@127.0.0.1/", "a user name or a password"),
        ("https://nowhere.example/", "does not resolve"),
        ("https://a..b/", "does not resolve"),
        (f"https://{'a' * 64}.example/", "does not resolve"),
    ],
)
def test_a_url_that_cannot_be_asked_is_refused_with_the_name_of_its_field(names: Names, url: str, why: str) -> None:
    names["files.example"] = [[PUBLIC]]

    with pytest.raises(InvalidField, match=f"^callback_url .*{why}"):
        web.check_url(url, field="callback_url", allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0",
        "10.0.0.1",
        "100.64.0.1",
        "172.16.0.1",
        "192.0.0.192",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:0:10.0.0.1]",
        "[2002:7f00:1::]",
        "[2001:0:808:808::80ff:fffe]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff0e::1]",
    ],
)
def test_an_address_that_is_not_public_is_refused_however_it_is_spelt(host: str) -> None:
    with pytest.raises(InvalidField, match=f"^file_url leads to an address that is not public.*{SETTING}"):
        web.check_url(f"https://{host}/latest/meta-data", field="file_url", allow_private=False)


@pytest.mark.parametrize(
    "answer",
    [["169.254.169.254"], ["fd00:ec2::254"], [PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], ["2606:4700::1111", "::1"]],
)
def test_a_name_is_refused_when_any_of_its_addresses_is(names: Names, answer: list[str]) -> None:
    names["metadata.example"] = [answer]

    with pytest.raises(InvalidField, match=SETTING):
        web.check_url("https://metadata.example/", field="file_url", allow_private=False)
    with pytest.raises(FileUrlFailed, match=SETTING):
        fetch("https://metadata.example/", allow_private=False)


@pytest.mark.parametrize(
    "host", [PUBLIC, "[2606:4700::1111]", "[::ffff:1.1.1.1]", "[2002:101:101::]", "[64:ff9b::101:101]"]
)
def test_a_public_address_is_not_refused(host: str) -> None:
    web.check_url(f"https://{host}/", field="file_url", allow_private=False)


def test_with_private_addresses_allowed_any_address_and_plain_http_are(names: Names) -> None:
    names["laptop.example"] = [["192.168.1.2"]]

    web.check_url("http://laptop.example:8000/", field="callback_url", allow_private=True)
    web.check_url("https://[::1]/", field="callback_url", allow_private=True)


def test_a_name_that_turns_private_after_the_check_is_not_connected_to(names: Names, listener: socket.socket) -> None:
    names["rebound.example"] = [[PUBLIC], ["127.0.0.1"]]
    url = f"https://rebound.example:{port(listener)}/"

    web.check_url(url, field="file_url", allow_private=False)
    with pytest.raises(FileUrlFailed, match=SETTING):
        fetch(url, allow_private=False)

    assert not was_connected_to(listener)


def test_a_name_is_resolved_once_and_what_was_judged_is_connected_to(
    names: Names, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["rebound.example"] = [[PUBLIC], ["127.0.0.1"]]
    tried: list[tuple[str, int]] = []

    def unreachable(address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(FileUrlFailed, match="could not be connected to"):
        fetch(f"https://rebound.example:{port(listener)}/", allow_private=False)

    assert tried == [(PUBLIC, port(listener))]


def test_an_address_that_cannot_be_reached_is_passed_over_for_the_next(site: Site, names: Names) -> None:
    names["files.example"] = [["::1", "127.0.0.1"]]

    assert fetch(f"http://files.example:{site.port}/a.pdf").content == b"%PDF"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "::ffff:127.0.0.1", "moved.example"])
def test_the_network_itself_refuses_private_addresses(names: Names, listener: socket.socket, host: str) -> None:
    """Where every redirect ends up, too."""
    names["moved.example"] = [["127.0.0.1"]]

    with pytest.raises(web.NoAnswer, match=SETTING):
        web.CheckedNetwork(1, allow_private=False).connect_tcp(host, port(listener))

    assert not was_connected_to(listener)


@pytest.mark.parametrize("allow_private", [True, False])
def test_the_network_has_no_unix_sockets(allow_private: bool) -> None:
    with pytest.raises(NotImplementedError):
        web.CheckedNetwork(1, allow_private).connect_unix_socket("/var/run/docker.sock")


def test_the_network_connects_no_more_when_its_time_is_up(listener: socket.socket) -> None:
    network = web.CheckedNetwork(0, allow_private=True)

    with pytest.raises(httpcore.TimeoutException):
        network.connect_tcp("127.0.0.1", port(listener))
