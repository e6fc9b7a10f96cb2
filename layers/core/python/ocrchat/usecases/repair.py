"""Repairs what was lost between two steps, and ends what nothing else ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from ocrchat import keys
from ocrchat.aws.jobs_table import Announced
from ocrchat.cloud import Cloud
from ocrchat.model import Job, JobStatus, Lane, Tier
from ocrchat.usecases.downloads import formats_to_prepare
from ocrchat.usecases.ending import fail, wrap_up
from ocrchat.usecases.fan_in import move_on

REPAIR_AFTER = timedelta(minutes=15)
"""How long a chunk may stand still before its pages are sent again: longer than a message stays hidden (12 min at most)."""

REPAIR_BACKLOG_AFTER = 4 * REPAIR_AFTER
"""The same while the queue is not empty, when standing still may just be waiting in line."""

START_AFTER = timedelta(minutes=1)
"""After which a job that has not begun is looked at: by then its submission has started it, or has failed to."""


def reconcile(cloud: Cloud, now: datetime) -> None:
    """Looks at every job that something is left to do for. Judges by progress, not by age.

    A job that cannot be repaired now stands in no other's way: its error is raised, in an ExceptionGroup, after the last.
    """
    errors: list[Exception] = []
    for lane in Lane:
        drained = {tier: cloud.queue.is_drained(lane) for tier in Tier}
        drained[Tier.VLM] = drained[Tier.VLM] and cloud.vlm_queue.is_drained(lane)
        for job_id in list(cloud.jobs.open_jobs(lane)):
            try:
                job = cloud.jobs.get(job_id)
                if job is None:
                    continue  # erased since the index was asked
                if job.status.ended:
                    wrap_up(cloud, job, now)
                elif job.status is JobStatus.PENDING and START_AFTER < now - job.created_at <= REPAIR_AFTER:
                    _start(cloud, job)
                elif now - job.created_at > REPAIR_AFTER:
                    _repair(cloud, job, now, drained[job.options.tier])
            except Exception as error:
                error.add_note(f"job {job_id}")
                errors.append(error)
    for announced in cloud.jobs.announced(now - REPAIR_AFTER):
        try:
            _finish_intake(cloud, announced)
        except Exception as error:
            error.add_note(f"job {announced.job_id}")
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} jobs were not repaired", errors)


def longest_run(cloud: Cloud, now: datetime) -> timedelta:
    """How long ago the oldest of the jobs was submitted that something is left to do for; zero without any."""
    begun = [
        job.created_at
        for lane in Lane
        for job_id in islice(cloud.jobs.open_jobs(lane), 1)
        if (job := cloud.jobs.get(job_id))
    ]
    return now - min(begun, default=now)


def _finish_intake(cloud: Cloud, announced: Announced) -> None:
    """Erases the file of a job that was announced and never created; of one that was, the upload that it was made of."""
    if announced.upload:
        cloud.blobs.delete(announced.upload)
        cloud.jobs.forget(announced.job_id)
        return
    cloud.jobs.revoke(announced.job_id)
    if cloud.jobs.get(announced.job_id) is None:
        cloud.blobs.erase(keys.prefix(announced.job_id, announced.retention_days))
    cloud.jobs.forget(announced.job_id)


def _start(cloud: Cloud, job: Job) -> None:
    """Starts a job whose submission could not."""
    if cloud.workflow.status(job.id) is None:
        cloud.workflow.start(job, formats_to_prepare(job))


def _repair(cloud: Cloud, job: Job, now: datetime, drained: bool) -> None:
    status = cloud.workflow.status(job.id)
    if status is None:
        cloud.workflow.start(job, formats_to_prepare(job))
        return
    if status != "RUNNING":
        fail(cloud, job, "WorkflowLost", now)
        return
    fan_in = cloud.page_sets.fan_in(job.id)
    if fan_in is not None and not fan_in.open_chunks:
        cloud.workflow.resume(fan_in.task_token)  # no more than a late word if it is assembling already
    elif now - job.created_at > timedelta(seconds=job.time_limit):
        if fan_in is None or not cloud.workflow.give_up(fan_in.task_token, "Stalled", "the job ran out of time"):
            fail(cloud, job, "Stalled", now)
    elif fan_in is not None:
        # A full queue is a backlog, not a loss: sending its pages once more would only make it longer.
        patience = REPAIR_AFTER if drained else REPAIR_BACKLOG_AFTER
        for chunk in cloud.page_sets.chunks(job.id, fan_in.dispatched):
            if now - chunk.progressed_at > patience or (not chunk.pending and now - chunk.progressed_at > REPAIR_AFTER):
                move_on(cloud, job, chunk)
