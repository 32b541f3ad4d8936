"""Keeping signed addresses out of logs: whoever has one may download what it names."""

import logging

_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")
"""They tell the address of every request, at a level that is seldom shown."""


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(value) for value in record.args)
        return True


_FILTER = _WithoutQueries()


def hide_signatures_in_logs() -> None:
    """Cuts everything after the `?` of addresses in the HTTP library's log records."""
    for name in _LOGGERS:
        # Adding a filter that is there already changes nothing.
        logging.getLogger(name).addFilter(_FILTER)


def _without_query(value: object) -> object:
    if isinstance(value, str) and "?" in value:
        return f"{value.partition('?')[0]}?…"
    return value
