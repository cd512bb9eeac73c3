"""Answers of a door to those who are not let in, or not yet."""

from lfads.studio.web import PlainTextResponse, Response

ENTER = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>lfads studio</title>'
    '<meta http-equiv="refresh" content="0;url={where}"></head>'
    '<body><p><a href="{where}">Enter the studio</a></p></body></html>\n'
)
"""A page that goes on by itself: the next request comes from the studio, and brings its cookie."""


def refused(why: str, status: int = 403) -> Response:
    """Why somebody is not let in."""
    return PlainTextResponse(f"Refused: {why}.\n", status_code=status)
