"""What is tried. Each scenario is a fault, and callers who send documents, or change their minds, while it lasts."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import httpx

from chaos import workers
from chaos.caller import Caller, Document, GaveUp, Submission
from chaos.invariants import Breach, Violation
from chaos.proxy import Fault, Kind
from chaos.receiver import Receiver
from chaos.refusals import SERVICES, Service
from chaos.settling import LATER
from chaos.system import SEED, System
from ocrchat import usecases
from tests.documents import digital_pdf, scanned_pdf

ONE, SEVEN, LONG = (Document(f"{pages}-digital.pdf", digital_pdf(pages), pages) for pages in (1, 7, 26))
CUT = Document("2-of-26.pdf", LONG.content, 2, {"pages": "1,26"})
SCAN = Document("2-scanned.pdf", scanned_pdf(2), 2)
"""A page that is waited for, a small document, one in two chunks, one that is cut, and pages that take a worker a while."""

MIXED = (ONE, CUT, SCAN, ONE, SEVEN, ONE)

HOLD_SECONDS = 8.0
"""How long a fault lasts at most, once everything is sent."""

SHARES: dict[Service, float] = {"dynamodb": 0.15, "s3": 0.15, "sqs": 0.2, "states": 0.2}
"""Of calls that are throttled, as many that fail, and as many that are not heard of; more where a job makes few calls.
botocore tries three times, so that 1 of 37 calls, or 1 of 16, fails for the code."""

Act = Callable[[System, Caller], list[Submission]]


@dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    """A sentence, for people who operate this."""
    act: Act
    faults: tuple[Fault, ...] = ()
    beside: Callable[[System, threading.Event], None] | None = None
    """Runs in a thread of its own until the event is set."""
    fails: bool = True
    """False of the one that others are compared with."""
    kills: bool = False
    """Whether functions die: then API Gateway answers for them, with 500."""
    check: Callable[[System, list[Submission]], list[Violation]] = field(default=lambda system, submissions: [])


@contextmanager
def lasting(scenario: Scenario, system: System) -> Iterator[None]:
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(system.proxy.failing(*scenario.faults))
        if scenario.beside:
            thread = threading.Thread(target=scenario.beside, args=(system, stop), name="chaos")
            thread.start()
            stack.callback(thread.join)
            stack.callback(stop.set)
        yield


def send(documents: tuple[Document, ...], system: System, caller: Caller) -> list[Submission]:
    """Sends them side by side, and waits a while for their ends."""
    submissions = [Submission(document) for document in documents]
    at_once(caller.submit, submissions)
    wait(caller, submissions)
    return submissions


def at_once(act: Callable[[Submission], None], submissions: list[Submission]) -> None:
    """Who gives up leaves its submission as it is: it is found lost."""

    def one(submission: Submission) -> None:
        try:
            act(submission)
        except GaveUp:
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, submissions))


def wait(caller: Caller, submissions: list[Submission]) -> None:
    give_up = time.monotonic() + HOLD_SECONDS
    waiting = [submission for submission in submissions if submission.uuid]
    while waiting and time.monotonic() < give_up:
        try:
            waiting = [submission for submission in waiting if not caller.has_ended(submission)]
        except GaveUp:
            return
        time.sleep(0.2)


# -- callers -----------------------------------------------------------------------------------------------------------


def hang_up(system: System, caller: Caller) -> list[Submission]:
    """Some in the middle of the upload, some while they are waited for; half of them ask again, with the same key."""
    submissions = [Submission(document) for document in (ONE, SCAN, ONE, SCAN, SEVEN, SCAN)]
    for number, submission in enumerate(submissions):
        if number % 2:
            _break_off_waiting(caller, submission)
        else:
            _break_off_sending(caller, submission)
    system.proxy.injected["hung up"] += len(submissions)
    at_once(caller.submit, submissions[len(submissions) // 2 :])
    for submission in submissions[: len(submissions) // 2]:
        submission.is_awaited = False
    wait(caller, submissions)
    return submissions


def _break_off_waiting(caller: Caller, submission: Submission) -> None:
    try:
        caller.client.post(
            "/api/v1/ocr/",
            files={"file": (submission.document.name, submission.document.content)},
            headers={"Idempotency-Key": submission.key},
            timeout=0.3,
        )
    except httpx.TimeoutException:
        pass


def _break_off_sending(caller: Caller, submission: Submission) -> None:
    whole = caller.client.build_request(
        "POST", "/api/v1/ocr/", files={"file": (submission.document.name, submission.document.content)}
    )
    body = whole.read()

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        raise ConnectionAbortedError

    headers = {
        "Content-Type": whole.headers["Content-Type"],
        "Content-Length": str(len(body)),
        "Idempotency-Key": submission.key,
    }
    try:
        caller.client.post("/api/v1/ocr/", content=half(), headers=headers)
    except ConnectionAbortedError:
        pass


def insist(system: System, caller: Caller) -> list[Submission]:
    """Each submission is sent four times at once, under one key."""
    submissions = [Submission(document) for document in (ONE, SEVEN, SCAN)]
    repeated = [submission for submission in submissions for _ in range(4)]
    uuids: dict[str, set[str]] = {submission.key: set() for submission in submissions}

    def submit(submission: Submission) -> None:
        again = Submission(submission.document, key=submission.key)
        caller.submit(again)
        uuids[again.key].add(again.uuid)

    at_once(submit, repeated)
    for submission in submissions:
        submission.uuid = next(iter(uuids[submission.key]), "")  # another one would be found in the ledger, as nobody's
    wait(caller, submissions)
    return submissions


def change_minds(system: System, caller: Caller) -> list[Submission]:
    """Jobs are cancelled, deleted, or both, while their pages are read."""
    submissions = [Submission(document) for document in (LONG, SEVEN, CUT, SCAN, SEVEN, SCAN)]
    at_once(caller.submit, submissions)
    at_once(caller.cancel, [submission for submission in submissions[:4] if submission.uuid])
    at_once(caller.delete, [submission for submission in submissions[2:] if submission.uuid])
    return submissions


# -- what goes on beside them ------------------------------------------------------------------------------------------


def kill_readers(system: System, stop: threading.Event) -> None:
    chance, killed = random.Random(SEED), 0
    while not stop.wait(0.3) and killed < 4:
        killed += workers.kill_one("ocr_page.handler", chance)
    system.proxy.injected["killed"] += killed


def kill_everyone(system: System, stop: threading.Event) -> None:
    for _ in range(2):
        if stop.wait(2):
            break
        system.proxy.injected["killed"] += workers.kill_all()


def everything_is_down(system: System, stop: threading.Event) -> None:
    stop.wait(0.5)
    with system.proxy.failing(*(Fault(Kind.BROKEN, service, 1.0) for service in SERVICES)):
        stop.wait(4)


def show_messages_again(system: System, stop: threading.Event) -> None:
    """Messages come back after a second, while their page is still being read."""
    proxy = system.proxy
    usual, hidden = proxy.clock, proxy.hidden
    proxy.clock = 150.0
    stop.wait()
    proxy.clock = usual
    proxy.injected["shown again"] += proxy.hidden - hidden


def reconcile_ahead_of_time(system: System, stop: threading.Event) -> None:
    while not stop.wait(0.5):
        usecases.reconcile(system.cloud, datetime.now(UTC) + LATER)
        system.proxy.injected["reconciled"] += 1


class Told:
    """Callers that want to be told, by a receiver that is down at first."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def act(self, system: System, caller: Caller) -> list[Submission]:
        secret = caller.ask("GET", "/api/v1/account/webhook-secret/").json()["secret"]
        self.receiver = self._stack.enter_context(Receiver(secret).listening())
        submissions = [
            Submission(document, {"callback_url": self.receiver.url}) for document in (ONE, SEVEN, ONE, SCAN)
        ]
        at_once(caller.submit, submissions)
        wait(caller, submissions)
        self._wait_for(lambda: self.receiver.refused >= len(submissions))
        self.receiver.is_down = False
        system.proxy.injected["not told"] += self.receiver.refused
        self._wait_for(lambda: len(self.receiver.told) == len(submissions))
        return submissions

    def check(self, system: System, submissions: list[Submission]) -> list[Violation]:
        self._stack.close()
        missing = [submission.uuid for submission in submissions if not self.receiver.told[submission.uuid]]
        foreign = self.receiver.told.keys() - {submission.uuid for submission in submissions}
        return [
            *(Violation(Breach.LOST, f"job {job_id}: its caller was never told") for job_id in missing),
            *(Violation(Breach.WRONG, f"job {job_id}: somebody else was told") for job_id in foreign),
        ]

    @staticmethod
    def _wait_for(condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 45
        while not condition() and time.monotonic() < give_up:
            time.sleep(0.1)


NAMES: dict[Service, str] = {"dynamodb": "DynamoDB", "s3": "S3", "sqs": "SQS", "states": "Step Functions"}


def of_service(service: Service) -> list[Scenario]:
    name, mixed, share = NAMES[service], partial(send, MIXED), SHARES[service]
    return [
        Scenario(
            f"{name} refuses",
            f"{share:.0%} of the calls of {name} are throttled, and as many are answered with its internal error.",
            mixed,
            (Fault(Kind.THROTTLED, service, share), Fault(Kind.BROKEN, service, share)),
        ),
        Scenario(
            f"answers of {name} get lost",
            f"{2 * share:.0%} of the calls of {name} take effect, and their connection is cut before the answer.",
            mixed,
            (Fault(Kind.UNHEARD, service, 2 * share),),
        ),
    ]


def scenarios() -> list[Scenario]:
    mixed, scans, told = partial(send, MIXED), partial(send, (SCAN, SCAN, CUT, SCAN)), Told()
    return [
        Scenario("nothing fails", "For comparison.", partial(send, (*MIXED, LONG)), fails=False),
        Scenario(
            "a reader is killed",
            "kill -9 of a worker in the middle of a page, four times.",
            scans,
            beside=kill_readers,
        ),
        Scenario(
            "all functions are killed",
            "kill -9 of every worker of every function but the one that splits, at once, twice.",
            mixed,
            beside=kill_everyone,
            kills=True,
        ),
        *(scenario for service in SERVICES for scenario in of_service(service)),
        Scenario(
            "no workflow starts",
            "Step Functions refuses every start of an execution, as over its limit.",
            partial(send, (SEVEN, SEVEN)),
            (Fault(Kind.THROTTLED, "states", 1.0, "StartExecution"),),
        ),
        Scenario(
            "everything is down",
            "All four services are broken for 4 seconds.",
            mixed,
            beside=everything_is_down,
        ),
        Scenario(
            "messages come late",
            "Each message is sent 0 to 4 seconds late, and so in another order.",
            mixed,
            (Fault(Kind.LATE, "sqs", 1.0, "SendMessageBatch"), Fault(Kind.LATE, "sqs", 1.0, "SendMessage")),
        ),
        Scenario(
            "messages come twice",
            "Every message is sent twice.",
            partial(send, (*MIXED, LONG)),
            (Fault(Kind.TWICE, "sqs", 1.0, "SendMessageBatch"), Fault(Kind.TWICE, "sqs", 1.0, "SendMessage")),
        ),
        Scenario(
            "messages come back too soon",
            "A message is shown to other workers a second after it was taken, while its page is still being read.",
            scans,
            beside=show_messages_again,
        ),
        Scenario(
            "calls are made twice",
            "Every fifth call of every service reaches it twice.",
            mixed,
            tuple(Fault(Kind.TWICE, service, 0.2) for service in SERVICES),
        ),
        Scenario(
            "a clock is ahead",
            "The reconciler runs twice a second with a clock that is 20 minutes ahead, while pages are read.",
            mixed,
            beside=reconcile_ahead_of_time,
        ),
        Scenario(
            "a webhook's receiver is down",
            "It answers 503 to the first event of every job, and comes back.",
            told.act,
            check=told.check,
        ),
        Scenario(
            "callers hang up",
            "In the middle of an upload, or while they are waited for; half of them ask again under the same key.",
            hang_up,
        ),
        Scenario(
            "callers insist",
            "Each sends the same four times at once under one key, while DynamoDB and S3 fail.",
            insist,
            (Fault(Kind.UNHEARD, "dynamodb", SHARES["dynamodb"]), Fault(Kind.BROKEN, "s3", 2 * SHARES["s3"])),
        ),
        Scenario(
            "callers change their minds",
            "Jobs are cancelled, deleted, or both, while DynamoDB, S3 and Step Functions fail.",
            change_minds,
            (
                Fault(Kind.UNHEARD, "dynamodb", SHARES["dynamodb"]),
                Fault(Kind.THROTTLED, "s3", 2 * SHARES["s3"]),
                Fault(Kind.UNHEARD, "states", 2 * SHARES["states"]),
            ),
        ),
    ]
