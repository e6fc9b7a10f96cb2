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
from chaos.audit import Findings
from chaos.caller import Caller, Document, GaveUp, Submission
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
DOCUMENTS = (ONE, SEVEN, LONG, CUT, SCAN)
"""A page that is waited for, a small document, one in two chunks, one that is cut, and pages that take a worker a while."""

MIXED = (ONE, CUT, SCAN, ONE, SEVEN, ONE)

HOLD_SECONDS = 8.0
"""How long a fault lasts at most, once everything is sent."""

SHARE = 0.15
"""Of calls that are throttled, and as many that fail: botocore tries three times, so that 1 of 37 fails for the code."""

UNHEARD_SHARE = 0.15

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
    kills: bool = False
    """Whether functions die: then API Gateway answers for them, with 500."""
    check: Callable[[System, list[Submission]], Findings] = field(default=lambda system, submissions: Findings())


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

    with ThreadPoolExecutor(len(submissions)) as pool:
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
    for submission in submissions[len(submissions) // 2 :]:
        caller.submit(submission)
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
        submission.uuid = next(iter(uuids[submission.key]), "")
        assert len(uuids[submission.key]) <= 1, "one key, and several jobs were answered"
    wait(caller, submissions)
    return submissions


def change_minds(system: System, caller: Caller) -> list[Submission]:
    """Jobs are cancelled, deleted, or both, while their pages are read."""
    submissions = [Submission(document) for document in (LONG, SEVEN, CUT, SCAN, SEVEN, SCAN)]
    at_once(caller.submit, submissions)
    at_once(caller.cancel, submissions[:4])
    at_once(caller.delete, submissions[2:])
    return submissions


# -- what goes on beside them ------------------------------------------------------------------------------------------


def kill_readers(system: System, stop: threading.Event) -> None:
    chance, killed = random.Random(SEED), 0
    while not stop.wait(0.3) and killed < 4:
        killed += workers.kill_one("ocr_page.handler", chance)


def kill_everyone(system: System, stop: threading.Event) -> None:
    for _ in range(2):
        if stop.wait(2):
            break
        workers.kill_all()


def everything_is_down(system: System, stop: threading.Event) -> None:
    stop.wait(0.5)
    with system.proxy.failing(*(Fault(Kind.BROKEN, service, 1.0) for service in SERVICES)):
        stop.wait(4)


def show_messages_again(system: System, stop: threading.Event) -> None:
    """Messages come back after a second, while their page is still being read."""
    usual, system.proxy.clock = system.proxy.clock, 150.0
    stop.wait()
    system.proxy.clock = usual


def reconcile_ahead_of_time(system: System, stop: threading.Event) -> None:
    while not stop.wait(0.5):
        usecases.reconcile(system.cloud, datetime.now(UTC) + LATER)


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
        self._wait_for(lambda: len(self.receiver.told) == len(submissions))
        return submissions

    def check(self, system: System, submissions: list[Submission]) -> Findings:
        self._stack.close()
        missing = [submission.uuid for submission in submissions if not self.receiver.told[submission.uuid]]
        foreign = self.receiver.told.keys() - {submission.uuid for submission in submissions}
        return Findings(
            lost=[f"job {job_id}: its caller was never told" for job_id in missing],
            wrong=[f"job {job_id}: somebody else was told" for job_id in foreign],
        )

    @staticmethod
    def _wait_for(condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 45
        while not condition() and time.monotonic() < give_up:
            time.sleep(0.1)


NAMES: dict[Service, str] = {"dynamodb": "DynamoDB", "s3": "S3", "sqs": "SQS", "states": "Step Functions"}


def of_service(service: Service) -> list[Scenario]:
    name, mixed = NAMES[service], partial(send, MIXED)
    return [
        Scenario(
            f"{name} refuses",
            f"{SHARE:.0%} of the calls of {name} are throttled, and as many are answered with its internal error.",
            mixed,
            (Fault(Kind.THROTTLED, service, SHARE), Fault(Kind.BROKEN, service, SHARE)),
        ),
        Scenario(
            f"{name}'s answers get lost",
            f"{UNHEARD_SHARE:.0%} of the calls of {name} take effect, and their connection is cut before the answer.",
            mixed,
            (Fault(Kind.UNHEARD, service, UNHEARD_SHARE),),
        ),
    ]


def scenarios() -> list[Scenario]:
    mixed, scans, told = partial(send, MIXED), partial(send, (SCAN, SCAN, CUT, SCAN)), Told()
    return [
        Scenario("nothing fails", "For comparison.", partial(send, (*MIXED, LONG))),
        Scenario(
            "a reader is killed",
            "kill -9 of a worker in the middle of a page, four times.",
            scans,
            beside=kill_readers,
        ),
        Scenario(
            "all functions are killed",
            "kill -9 of every worker of every function at once, twice.",
            mixed,
            beside=kill_everyone,
            kills=True,
        ),
        *(scenario for service in SERVICES for scenario in of_service(service)),
        Scenario(
            "no workflow starts",
            "Step Functions refuses every start of an execution, as over its limit.",
            mixed,
            (Fault(Kind.THROTTLED, "states", 1.0, "StartExecution"),),
        ),
        Scenario(
            "everything is down",
            "All four services are broken for 4 seconds.",
            partial(send, (*MIXED, LONG)),
            beside=everything_is_down,
        ),
        Scenario(
            "messages come late",
            "Half of the messages are sent 0 to 4 seconds late, and so in another order.",
            mixed,
            (Fault(Kind.LATE, "sqs", 0.5, "SendMessageBatch"), Fault(Kind.LATE, "sqs", 0.5, "SendMessage")),
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
            (Fault(Kind.UNHEARD, "dynamodb", UNHEARD_SHARE), Fault(Kind.BROKEN, "s3", SHARE)),
        ),
        Scenario(
            "callers change their minds",
            "Jobs are cancelled, deleted, or both, while DynamoDB, S3 and Step Functions fail.",
            change_minds,
            (
                Fault(Kind.UNHEARD, "dynamodb", UNHEARD_SHARE),
                Fault(Kind.THROTTLED, "s3", SHARE),
                Fault(Kind.UNHEARD, "states", UNHEARD_SHARE),
            ),
        ),
    ]
