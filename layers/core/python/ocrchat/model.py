"""What flows through the system: jobs, page tasks, and what was read on a page.

Frozen values, stdlib only. Coordinates are pixels of the page image, origin top left, y downwards; the page that holds
them carries `width`, `height` (pixels) and `dpi`, so that a position can be given in any other unit. Page indexes count
from 0 here and in the API (`pages[].index`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ocrchat import selection
from ocrchat.media import MediaType


class JobStatus(StrEnum):
    """The four published states. A job moves only forward, and ends once."""

    PENDING = "pending"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in (JobStatus.DONE, JobStatus.FAILED)


class Tier(StrEnum):
    """How pages are read."""

    CPU = "cpu"
    VLM = "vlm"


class Lane(StrEnum):
    """Which page queue a job uses, so that a long document never stands in front of a receipt."""

    INTERACTIVE = "interactive"
    PRIORITY = "priority"
    BULK = "bulk"


class Funding(StrEnum):
    """Where the credits of a job come from."""

    BALANCE = "balance"
    ALLOWANCE = "allowance"


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels of the page image: left, top, right, bottom."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def share_in(self, other: Box) -> float:
        """How much of it lies in `other`: 0..1."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(width, 0.0) * max(height, 0.0) / max(self.width * self.height, 1.0)

    @classmethod
    def around(cls, boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of `boxes` (at least one)."""
        some = list(boxes)
        return cls(min(b.x0 for b in some), min(b.y0 for b in some), max(b.x1 for b in some), max(b.y1 for b in some))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line; in scripts without spaces, a character. `confidence` as in `Line`."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Style:
    """How most of a line is set. `size` is that of its font, in pixels."""

    size: float
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as it stands on the page; `confidence` is 0..1 (1 for text that was not recognised but read).

    `words` are its parts in logical order. `style` is only known of text that was read.
    """

    text: str
    box: Box
    confidence: float = 1.0
    words: tuple[Word, ...] = ()
    style: Style | None = None


class BlockType(StrEnum):
    """What a block is on its page."""

    TEXT = "text"
    HEADING = "heading"
    LIST_ITEM = "list_item"
    TABLE = "table"
    FIGURE = "figure"
    CAPTION = "caption"
    FORMULA = "formula"
    HEADER = "header"
    FOOTER = "footer"
    FOOTNOTE = "footnote"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. Rows and columns count from 0; `box` is None where the cell is empty and has no rulings around it."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    is_header: bool = False
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of `rows` x `columns`, each place covered by one cell; cells from top to bottom, and left to right in a row."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]

    @property
    def by_row(self) -> list[list[Cell]]:
        """The cells that begin in each row."""
        rows: list[list[Cell]] = [[] for _ in range(self.rows)]
        for cell in self.cells:
            rows[cell.row].append(cell)
        return rows

    @property
    def has_spans(self) -> bool:
        return any(cell.row_span > 1 or cell.column_span > 1 for cell in self.cells)


class Source(StrEnum):
    """Who wrote the text of a block: the file or an OCR engine, or a vision-language model."""

    OCR = "ocr"
    VLM = "vlm"


class ConfidenceSource(StrEnum):
    """Where a confidence comes from: what the recogniser says of its own reading, how far the recogniser agrees with a
    vision-language model, or what that model says of its own words."""

    RECOGNITION = "recognition"
    AGREEMENT = "ocr-agreement"
    LOGPROB = "logprob"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together (a paragraph, a table, a label), in reading order.

    `level` is 1..6 for headings, and the depth of a list item from 1 on; 0 for all else. `area` is what the block covers where
    that is more than its lines: a figure may have none. Of text that a model wrote, `support` is the share (0..1) that OCR of
    the same place has read too; None where there was nothing to compare it with. Text of a formula by a model is LaTeX.
    """

    lines: tuple[Line, ...]
    type: BlockType = BlockType.TEXT
    level: int = 0
    table: Table | None = None
    area: Box | None = None
    source: Source = Source.OCR
    support: float | None = None
    confidence_source: ConfidenceSource = ConfidenceSource.RECOGNITION

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def box(self) -> Box:
        return Box.around([*(line.box for line in self.lines), *([self.area] if self.area else [])])

    @property
    def confidence(self) -> float:
        return mean_confidence(self.lines) or 0.0


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as pixels: RGB, 8 bits a channel, rows top to bottom without padding (len = width * height * 3)."""

    pixels: bytes = field(repr=False)
    width: int
    height: int
    dpi: float


TEXT_LAYER = "text-layer"
"""The `engine` of pages whose text was in the file. Of one that read pictures on them, the name stands behind a plus."""


@dataclass(frozen=True, slots=True)
class PageResult:
    """What was read on one page. A blank page has no blocks and no error; a page that could not be read has an `error` code.

    `rotation` is how many degrees clockwise the page was turned to stand upright; width, height and boxes are those of the
    turned page. `language` is the ISO 639 code of the language that most of its text is in, where that is known. `warnings`
    are codes of what a reader should know of how it was read.
    """

    index: int
    width: int
    height: int
    dpi: float
    engine: str
    blocks: tuple[Block, ...] = ()
    error: str | None = None
    rotation: float = 0.0
    language: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for block in self.blocks for line in block.lines)

    @property
    def text(self) -> str:
        return "\n\n".join(block.text for block in self.blocks if block.lines)

    @classmethod
    def failed(cls, index: int, error: str) -> PageResult:
        return cls(index=index, width=0, height=0, dpi=0.0, engine="none", error=error)


@dataclass(frozen=True, slots=True)
class Document:
    """The pages of a finished job, in order."""

    pages: tuple[PageResult, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages if page.blocks)

    @property
    def mean_confidence(self) -> float | None:
        return mean_confidence(line for page in self.pages for line in page.lines)

    @property
    def failed_pages(self) -> tuple[int, ...]:
        return tuple(page.index for page in self.pages if page.error)


INLINE_PAGES = 5
"""Jobs of up to this many pages are answered in the POST itself (published contract)."""

CHUNK_PAGES = 25
"""Pages that share one pending set and, in a long PDF, one file: what a worker downloads does not grow with the document."""

CHUNKS_IN_FLIGHT = 4
"""How many chunks of one job are in the queue at once, so that a long document does not fill it."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the caller asked for. `pages` is a page range (see `selection`), empty for all; `tool` a slug of `tools`, or empty;
    `translate_to` a code of `languages`, or empty."""

    tier: Tier = Tier.CPU
    language: str = "auto"
    pages: str = ""
    callback_url: str = ""
    tool: str = ""
    translate_to: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """The file in the drop bucket that a job was made of: which of the files that were put under `key` it is, by its `etag` and
    when it was put; and in which of `export.FORMATS` its results go beside it."""

    key: str
    etag: str
    put_at: datetime
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One submitted file. Times are UTC. `failure` is the internal name of why it failed, not the words for the caller.

    `source_pages` counts the file's pages. `credits` were reserved for the job; `charged` of them are kept, known when it is
    settled.
    """

    id: str
    account_id: str
    filename: str
    media_type: MediaType
    source_pages: int
    options: JobOptions
    created_at: datetime
    retention_days: int = 30
    priority: bool = False
    credits: int = 0
    funded_by: Funding = Funding.ALLOWANCE
    charged: int | None = None
    status: JobStatus = JobStatus.PENDING
    ended_at: datetime | None = None
    mean_confidence: float | None = None
    failed_pages: tuple[int, ...] = ()
    failure: str | None = None
    is_open: bool = True
    """Whether something is left to do for it: to read it, to settle it, to tell its caller."""
    drop: Drop | None = None

    @property
    def pages(self) -> tuple[int, ...]:
        """Indexes in the file of the pages that are read."""
        return selection.parse(self.options.pages, self.source_pages)

    @property
    def page_count(self) -> int:
        return len(self.pages)

    @property
    def lane(self) -> Lane:
        if self.page_count <= INLINE_PAGES and self.drop is None:  # nobody waits for the answer of a dropped file
            return Lane.INTERACTIVE
        return Lane.PRIORITY if self.priority else Lane.BULK

    @property
    def chunks(self) -> tuple[Sequence[int], ...]:
        """The page indexes of each chunk."""
        pages = self.pages
        return tuple(pages[start : start + CHUNK_PAGES] for start in range(0, len(pages), CHUNK_PAGES))

    @property
    def is_cut(self) -> bool:
        """Whether each chunk has a file of its own. Only PDFs can be cut without touching what is in them."""
        return self.media_type is MediaType.PDF and self.source_pages > CHUNK_PAGES

    @property
    def is_told(self) -> bool:
        """Whether somebody is told of its end: its callback, or who dropped it."""
        return bool(self.options.callback_url or self.drop)

    @property
    def expires_at(self) -> datetime:
        return self.created_at + timedelta(days=self.retention_days)

    @property
    def credits_per_page(self) -> int:
        """The price of a page at its submission."""
        return self.credits // self.page_count

    @property
    def time_limit(self) -> int:
        """Seconds after which the job is given up. Generous: lost work is repaired long before (see `usecases.reconcile`)."""
        hours = 4 if self.options.tier is Tier.VLM else 2  # a model may have to be started, and fail in all its ways
        return hours * 3600 + 30 * self.page_count


@dataclass(frozen=True, slots=True)
class Quote:
    """What a job would cost, and whether the account has that."""

    options: JobOptions
    source_pages: int
    page_count: int
    credits: int
    affordable: bool
    used: int
    cap: int


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """Where to POST a file as a form: its `fields` first, the file last, under the name `file`."""

    id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends: done, or failed for a reason."""

    status: JobStatus
    at: datetime
    mean_confidence: float | None = None
    failed_pages: tuple[int, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PageTask:
    """One page to read: all that a queue message says. Everything else is looked up, so a message can come twice or late."""

    job_id: str
    chunk: int
    page: int


@dataclass(frozen=True, slots=True)
class Tries:
    """What has been tried with a page that waits for a model, since `since`: how often its server was busy, failed, broke off,
    or answered badly, and whether the page is sent smaller by now. What follows from it: `vlm.ladder`."""

    since: datetime
    busy: int = 0
    broken: int = 0
    cut: int = 0
    bad: int = 0
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Which pages of one chunk are still to be read, and why some could not be (page index -> error code).

    `fallbacks` are pages that the cpu tier answered in place of the tier that was asked for, `tries` what has been tried with
    those that wait for a model.
    """

    number: int
    pending: frozenset[int]
    failures: dict[int, str]
    progressed_at: datetime
    fallbacks: frozenset[int] = frozenset()
    tries: dict[int, Tries] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FanIn:
    """Which chunks of a job are still open, and the token that resumes its workflow when none is."""

    open_chunks: frozenset[int]
    task_token: str

    @property
    def dispatched(self) -> frozenset[int]:
        """The open chunks whose pages have been sent: the first few, and each one whose predecessor in line has closed.

        Derived instead of counted: a duplicate or a lost message cannot make it wrong.
        """
        return frozenset(n for n in self.open_chunks if n - CHUNKS_IN_FLIGHT not in self.open_chunks)


class Readable(Protocol):
    """A line, or what a recogniser has read in one."""

    @property
    def text(self) -> str: ...

    @property
    def confidence(self) -> float: ...


def mean_confidence(lines: Iterable[Readable]) -> float | None:
    """Confidence of `lines`, weighted by their length in characters; None where there is no text."""
    some = [(line.confidence, len(line.text)) for line in lines if line.text]
    if not some:
        return None
    return round(sum(confidence * length for confidence, length in some) / sum(length for _, length in some), 4)
