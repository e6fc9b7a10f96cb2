"""The end of a dropped file's job: its results beside the file, and an event for the programs that wait for them.

May run twice, and late: it writes the same, and nothing if the file is another one by now or the job was erased. The event bears
the same id then.
"""

from __future__ import annotations

from ocrchat import codec, keys, problem
from ocrchat.aws.blobs import BlobMissing
from ocrchat.aws.bus import EventBus
from ocrchat.cloud import Cloud
from ocrchat.errors import DamagedFile, JobFailed, JobNotFound, NoTranslation, ObjectUnreadable
from ocrchat.model import Drop, Job, JobStatus
from ocrchat.scratch import Scratch
from ocrchat.usecases import downloads
from ocrchat.usecases.dropping import ERROR, outcomes, refuse, result_key


def publish(cloud: Cloud, bus: EventBus, job_id: str, scratch: Scratch, request_id: str) -> None:
    """Writes the results, or why there are none, and says so on the bus."""
    job = cloud.jobs.get(job_id)
    if job is None or job.drop is None or not job.status.ended:
        return
    results: dict[str, str] = {}
    if not _is_replaced(cloud, job.drop):
        try:
            results = _write(cloud, job, job.drop, scratch, request_id)
        except (JobNotFound, BlobMissing):
            pass  # erased meanwhile
    if cloud.jobs.get(job_id) is None:
        if not _is_replaced(cloud, job.drop):
            cloud.drops.delete(outcomes(job.drop.key))
        return
    bus.tell(codec.job_ended_to_json(job, job.drop, cloud.drops.name, results))


def give_up_results(cloud: Cloud, job_id: str, request_id: str) -> None:
    """Tells the dropper that the results could not be written however often it was tried. They can be had from the API."""
    job = cloud.jobs.get(job_id)
    if job and job.drop and not _is_replaced(cloud, job.drop):
        refuse(cloud, job.drop.key, {**problem.document(problem.BUG, request_id), "uuid": job.id})


def take_back(cloud: Cloud, drop: Drop) -> list[str]:
    """Erases the file and what is beside it; their keys. Nothing if the file is another one by now."""
    if _is_replaced(cloud, drop):
        return []
    erased = [key for some in ([drop.key], outcomes(drop.key)) for key in cloud.drops.present(some)]
    cloud.drops.delete(erased)
    return erased


def _write(cloud: Cloud, job: Job, drop: Drop, scratch: Scratch, request_id: str) -> dict[str, str]:
    """Format -> key of the results."""
    if job.status is JobStatus.FAILED:
        refuse(cloud, drop.key, _problem(job, request_id))
        return {}
    made: dict[str, str] = {}
    error: codec.Json | None = None
    for name in drop.formats:
        try:
            made[name] = downloads.keep(cloud, job, downloads.in_language(job, name), scratch)
        except (DamagedFile, NoTranslation) as why:
            error = {**problem.document(why, request_id), "uuid": job.id}  # the others are there all the same
    # To make them may take minutes, to copy them does not: a file that was replaced meanwhile has its own results by now.
    if _is_replaced(cloud, drop):
        return {}
    results = {name: result_key(drop.key, name) for name in made}
    error_key = keys.outcome(drop.key, ERROR)
    written = {*results.values(), *([error_key] if error else [])}
    cloud.drops.delete([other for other in outcomes(drop.key) if other not in written])
    if error:
        cloud.drops.put(error_key, codec.dumps(error), problem.CONTENT_TYPE)
    for name, key in results.items():
        cloud.drops.copy_in(made[name], key)
    return results


def _problem(job: Job, request_id: str) -> codec.Json:
    """Of a job that has failed: in the form of a refusal, with its uuid."""
    failure = codec.failure_to_json(job) or {}
    return {**problem.document(JobFailed(failure["detail"]), request_id), "code": failure["code"], "uuid": job.id}


def _is_replaced(cloud: Cloud, drop: Drop) -> bool:
    """Whether another file has been put under the key. One that is gone was not replaced; one that cannot be read is another."""
    try:
        found = cloud.drops.look(drop.key)
    except ObjectUnreadable:
        return True
    return found is not None and (found.etag, found.put_at) != (drop.etag, drop.put_at)
