"""The end of a job: its document put together or its failure recorded, its credits settled, its caller told.

A job ends once: the transaction that ends it holds the refund of what was not read, and whoever comes second changes
nothing. What follows (the event of a callback) is remembered by the job's place among the open ones until it is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ocrchat import codec, export, keys, tool_results
from ocrchat.billing import charge
from ocrchat.cloud import Cloud
from ocrchat.errors import JobEnded, Unavailable
from ocrchat.fields import rows
from ocrchat.model import Chunk, Ending, Job, JobStatus
from ocrchat.tools import TOOLS
from ocrchat.usecases import documents, publishing, translating


def assemble(cloud: Cloud, job_id: str) -> JobStatus | None:
    """Puts the pages together and ends the job. Run again, it writes the same result; only one run ends the job.

    Of a job that has ended it does what is left to do, such as the refund of one that the workflow itself has failed.
    """
    now = datetime.now(UTC)
    job = cloud.jobs.get(job_id)
    if job is None:
        return None
    if job.status.ended:
        wrap_up(cloud, job, now)
        return job.status
    chunks = cloud.page_sets.chunks(job.id, range(len(job.chunks)))
    tool = TOOLS.get(job.options.tool)
    document = documents.of_pages(cloud, job, chunks, worded=rows.PAGES if tool and tool.fields else 0)
    read = job.page_count - len(document.failed_pages)
    if not read:
        fail(cloud, job, "no_page_readable", now, document.failed_pages)
        return JobStatus.FAILED
    result = codec.tool_result_to_json(job, tool_results.of(tool, document)) if tool else None
    translation = translating.gathered(cloud, job, document)
    markdown = export.markdown.document(document)
    cloud.blobs.put_json(keys.result(job), codec.document_to_json(document, markdown, result, translation))
    ending = Ending(JobStatus.DONE, now, document.mean_confidence, document.failed_pages)
    if not _end(cloud, job, ending, charge(job, read, _fallbacks(chunks))):
        ended = cloud.jobs.get(job.id)
        if ended is None or ended.status is JobStatus.FAILED:
            cloud.blobs.delete(keys.result(job))  # the job was cancelled or erased while its document was written
        return ended.status if ended else None
    return JobStatus.DONE


def fail(cloud: Cloud, job: Job, failure: str, now: datetime, failed_pages: tuple[int, ...] = ()) -> bool:
    """Ends the job as failed, for nothing. False if it had ended already."""
    return _end(cloud, job, Ending(JobStatus.FAILED, now, failed_pages=failed_pages, failure=failure), charged=0)


def cancel(cloud: Cloud, job: Job, now: datetime) -> Job:
    """Ends the job where it is. The pages that have been read are charged, the others are not. Raises JobEnded.

    Nothing is sent after the pages on their way: a worker that gets one finds that its job has ended.
    """
    if job.status.ended:
        raise _ended()
    pages = job.chunks
    chunks = cloud.page_sets.chunks(job.id, range(len(pages)))
    read = sum(len(pages[chunk.number]) - len(chunk.pending) - len(chunk.failures) for chunk in chunks)
    ending = Ending(JobStatus.FAILED, now, failure="cancelled")
    if not _end(cloud, job, ending, charge(job, read, _fallbacks(chunks))):
        raise _ended()
    fan_in = cloud.page_sets.fan_in(job.id)
    if fan_in is not None:
        try:
            cloud.workflow.give_up(fan_in.task_token, "JobEnded", "the job was cancelled")
        except Unavailable:
            pass  # it finds out at its time limit, and changes nothing then
    return cloud.jobs.get(job.id) or job


def erase(cloud: Cloud, job: Job, now: datetime) -> dict[str, int]:
    """Erases the file, the pages, the results and the records of a job, which is cancelled if it still runs; what that was.

    The job item goes after the rest, so that an erasure which breaks off can be repeated. From then on whoever still holds
    a part of the job takes back what they write; what they wrote just before is erased in a second round. The ledger
    stays: it holds the uuid and credits, nothing of the document.
    """
    if not job.status.ended:
        try:
            cancel(cloud, job, now)
        except JobEnded:
            pass
        job = cloud.jobs.get(job.id) or job
    if job.charged is None:
        cloud.books.end(job, None, 0, now)  # the workflow has failed it, and nobody could settle it any more
    dropped = publishing.take_back(cloud, job.drop) if job.drop else []
    prefix = keys.job_prefix(job)
    records = cloud.page_sets.erase(job)
    erased = cloud.blobs.erase(prefix)
    cloud.jobs.erase(job.id)
    records += cloud.page_sets.erase(job)
    erased += cloud.blobs.erase(prefix)
    folders = [key.removeprefix(prefix).partition("/")[0] for key in erased]
    folders += ["downloads" if key.startswith(keys.RESULTS) else "source" for key in dropped]
    return {
        "source": folders.count("source") + folders.count("chunks"),
        "pages": folders.count("pages") + folders.count("vlm"),
        "results": sum(folders.count(each) for each in ("result.json", "downloads", "translation")),
        "chat": folders.count("chat"),
        "records": records + 1,
    }


def wrap_up(cloud: Cloud, job: Job, now: datetime) -> None:
    """What is left to do for a job that has ended. Done twice, the caller is told twice, under the same event id."""
    if job.charged is None:
        cloud.books.end(job, None, 0, now)
    if job.is_open and job.is_told:
        _tell(cloud, job)


def _end(cloud: Cloud, job: Job, ending: Ending, charged: int) -> bool:
    if not cloud.books.end(job, ending, charged, ending.at):
        return False
    if job.is_told:
        try:
            _tell(cloud, job)
        except Unavailable:
            pass  # the job stays among the open ones, where the reconciler finds it
    return True


def _fallbacks(chunks: Iterable[Chunk]) -> int:
    """How many pages the cpu tier has answered in place of the tier that was asked for."""
    return sum(len(chunk.fallbacks) for chunk in chunks)


def _tell(cloud: Cloud, job: Job) -> None:
    if job.options.callback_url:
        cloud.events.send(job)
    if job.drop:
        cloud.results.send(job)
    cloud.jobs.close(job.id)


def _ended() -> JobEnded:
    return JobEnded("The job has ended already, so there is nothing to cancel. GET it to see its result.")
