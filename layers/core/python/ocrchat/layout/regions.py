"""Lines that stand in a table or a figure, taken out of the flow of the page: they move as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ocrchat.layout.captions import CAPTION
from ocrchat.layout.placed import Placed, turned, unit_of
from ocrchat.layout.rows import rows
from ocrchat.layout.sight import Region, mixed, without
from ocrchat.layout.tablerows import whole_tables
from ocrchat.model import BlockType, Box, Line

SLACK = 0.4
"""Units that the middle of a line may lie outside of its region: regions are seen at a coarse resolution."""
OWN_TYPES = (BlockType.CAPTION, BlockType.HEADING, BlockType.HEADER, BlockType.FOOTER, BlockType.FOOTNOTE)
OWN_SCORE = 0.5
"""What looks so much like one of these is no part of the region that it stands in the corner of."""
CAPTION_DEPTH = 2.0
"""Units from the edge of a region in which a line that begins like a caption is one."""
PHOTOGRAPH = 0.5
"""Share of a page's characters: more of them in figures means that the page is the picture of a text."""
MOST_REGIONS = 60
"""More regions, and captions, are not looked at: hostile pages end as well."""


def gather(
    items: Sequence[Placed], upended: Sequence[Placed], regions: Sequence[Region], slope: float
) -> tuple[list[Placed], list[Placed]]:
    """`items` with those in a region put together, from top to bottom, and what is left of `upended`, lines that run upwards.

    These come last in their region: the title of an axis, the heads of narrow columns. A region without lines is there too,
    if it is a figure.
    """
    unit = unit_of(item.box for item in items)
    places = _places(items, regions, slope, unit)
    homes = [_home(item, places, unit) for item in items]
    inside = {id(place): [item for item, home in zip(items, homes, strict=True) if home is place] for place in places}
    flow = [item for item, home in zip(items, homes, strict=True) if home is None]
    tables = [(place, inside[id(place)]) for place in places if place.type is BlockType.TABLE and inside[id(place)]]
    figures = [(place, inside[id(place)]) for place in places if place.type is BlockType.FIGURE]
    tables, flow = whole_tables(tables, flow, items, unit)
    together = [*tables, *figures]
    margin, edges = _shared(upended, [place for place, _ in together], unit)
    moved = [_together(place, some, edges.get(id(place), ())) for place, some in together]
    flow = [replace(item, kinds=without(item.kinds, BlockType.TABLE, BlockType.FIGURE)) for item in flow]
    return sorted([*flow, *moved], key=lambda item: item.middle), margin


def _places(items: Sequence[Placed], regions: Sequence[Region], slope: float, unit: float) -> list[Region]:
    """Where the regions are on the straight page, without their captions; no figures, if the page is one."""
    captions = [item.box for item in items if CAPTION.match(item.line.text)][:MOST_REGIONS]
    places = []
    for region in regions[:MOST_REGIONS]:
        box = turned(region.box, slope)
        for caption in captions:
            box = _without_caption(box, caption, unit)
        places.append(replace(region, box=box))
    figures = [place for place in places if place.type is BlockType.FIGURE]
    pictured = sum(len(item.line.text) for item in items if _home(item, figures, unit))
    if pictured > PHOTOGRAPH * sum(len(item.line.text) for item in items):
        return [place for place in places if place.type is not BlockType.FIGURE]
    return places


def _without_caption(box: Box, caption: Box, unit: float) -> Box:
    """`box` as far as it is below `caption`, or above it, if that is at its edge."""
    middle = (caption.y0 + caption.y1) / 2
    if box.x0 < (caption.x0 + caption.x1) / 2 < box.x1 and box.y0 < middle < box.y1:
        if middle - box.y0 < CAPTION_DEPTH * unit:
            return replace(box, y0=min(caption.y1, box.y1))
        if box.y1 - middle < CAPTION_DEPTH * unit:
            return replace(box, y1=max(caption.y0, box.y0))
    return box


def _home(item: Placed, regions: Iterable[Region], unit: float) -> Region | None:
    if any(item.kinds.get(own, 0.0) > OWN_SCORE for own in OWN_TYPES):
        return None
    slack = SLACK * unit
    for region in regions:
        box = region.box
        if box.x0 - slack < item.centre < box.x1 + slack and box.y0 - slack < item.middle < box.y1 + slack:
            return region
    return None


def _shared(
    items: Sequence[Placed], places: Sequence[Region], unit: float
) -> tuple[list[Placed], dict[int, list[Line]]]:
    """Those in none of `places`, and the lines of the others by the id of their place."""
    rest: list[Placed] = []
    found: dict[int, list[Line]] = {}
    for item in items:
        if home := _home(item, places, unit):
            found.setdefault(id(home), []).append(item.line)
        else:
            rest.append(item)
    return rest, found


def _together(region: Region, items: Sequence[Placed], upended: Sequence[Line]) -> Placed:
    inside = rows(sorted(items, key=lambda item: item.middle))
    box = Box.around([region.box, *(item.box for item in inside)])
    kinds = mixed((item.kinds, len(item.line.text)) for item in inside)
    return Placed((*(item.line for item in inside), *upended), box, kinds, region)
