"""Log events, each declared once; nothing else is logged, and never a payload.

`setup` makes structlog write one JSON object a line (or readable lines on a terminal) to standard
error. Fields outside `FIELDS` are dropped, so personal data cannot slip into a log by a new field.
"""

import logging
import sys
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

import structlog

from hub.rules.failures.error_summary import describe_error
from hub.rules.masking import masked
from hub.runtime.log_limits import LogLimit


class Event(StrEnum):
    """What the hub reports about itself."""

    ROLE_STARTED = "role_started"
    ROLE_STOPPED = "role_stopped"
    STOP_OVERDUE = "stop_overdue"
    ROLE_CRASHED = "role_crashed"
    PAGE_FAILED = "page_failed"
    DEVICE_LOST = "device_lost"
    DEVICE_BACK = "device_back"
    DEVICE_STATE = "device_state"
    PRINT_ENDED = "print_ended"
    PRINT_REPORT_REFUSED = "print_report_refused"
    EDGE_GAP = "edge_gap"
    EDGE_COPIED = "edge_copied"
    SCAN_UNFINISHED = "scan_unfinished"
    SCAN_LEFT_ALONE = "scan_left_alone"
    STACK_SPLIT = "stack_split"
    COPIES_REMOVED = "copies_removed"
    LEFTOVERS_REMOVED = "leftovers_removed"
    BROKER_LOST = "broker_lost"
    OUTBOX_LISTENER_LOST = "outbox_listener_lost"
    STORE_LOST = "store_lost"
    STORE_BACK = "store_back"
    PUBLISH_INCOMPLETE = "publish_incomplete"
    MESSAGE_REJECTED_LOCALLY = "message_rejected_locally"
    DEAD_LETTER_DROPPED = "dead_letter_dropped"
    MESSAGE_PARKED = "message_parked"
    MESSAGE_EARLY = "message_early"
    HANDLER_CRASHED = "handler_crashed"
    POISON_SUSPECTED = "poison_suspected"
    BATCH_FAILED = "batch_failed"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERY_CRASHED = "delivery_crashed"
    DELIVERY_RECONCILED = "delivery_reconciled"
    LOOKUP_LAGGED = "lookup_lagged"
    DELIVERY_SUPERSEDED = "delivery_superseded"
    WORK_UNREADABLE = "work_unreadable"
    MOVE_REFUSED = "move_refused"
    LEASES_EXPIRED = "leases_expired"
    WORK_REQUEUED = "work_requeued"
    CLOCK_JUMPED = "clock_jumped"
    TIMESTAMPS_REPAIRED = "timestamps_repaired"
    PARTNER_PAUSED = "partner_paused"
    PARTNER_TRIED = "partner_tried"
    PARTNER_RESUMED = "partner_resumed"
    REPLY_DRIFTED = "reply_drifted"
    CONTRACT_QUERIED = "contract_queried"
    CONTRACT_CHANGED = "contract_changed"
    REQUEST_REFUSED = "request_refused"
    IDENTITY_REFUSED = "identity_refused"
    CLIENT_KEY_ENDS = "client_key_ends"
    CERTIFICATE_ENDS = "certificate_ends"
    FILES_RENEWED = "files_renewed"
    FILES_UNUSABLE = "files_unusable"
    FILE_FOUND_WANTING = "file_found_wanting"
    SCANNER_AWAY = "scanner_away"
    WEBHOOK_FAILED = "webhook_failed"
    WEBHOOK_FAILING = "webhook_failing"
    WEBHOOK_RECOVERED = "webhook_recovered"
    INCIDENT_STARTED = "incident_started"
    INCIDENT_ENDED = "incident_ended"
    HEARTBEAT_WITHHELD = "heartbeat_withheld"
    HEARTBEAT_FAILED = "heartbeat_failed"
    HEARTBEAT_CALLED = "heartbeat_called"
    ALERT_SENT = "alert_sent"
    ALERT_FAILED = "alert_failed"
    PREFLIGHT_FOUND = "preflight_found"
    PREFLIGHT_DONE = "preflight_done"
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_ALERTS = "deadline_alerts"
    CODE_UNKNOWN = "code_unknown"
    EFFECT_UNPROVEN = "effect_unproven"
    REPLIES_UNREADABLE = "replies_unreadable"
    BALANCE_WRONG = "balance_wrong"
    ARCHIVE_DONE = "archive_done"
    ARCHIVE_STOPPED = "archive_stopped"
    ARCHIVE_DAMAGED = "archive_damaged"
    ARCHIVE_LED_ELSEWHERE = "archive_led_elsewhere"


FIELDS = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "role",
        "queue",
        "destination",
        "delivery",
        "message_id",
        "message_type",
        "code",
        "detail",
        "differs",
        "action",
        "count",
        "attempt",
        "error",
        "where",
        "state",
        "duration_ms",
        "status",
        "path",
        "until",
    ]
)

_OF_CALLERS = frozenset({"path", "where"})
"""Fields that may hold a caller's own text."""


def _keep_known(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
    return {name: _field(name, value) for name, value in fields.items() if name in FIELDS}


def _field(name: str, value: Any) -> Any:
    if isinstance(value, BaseException):
        return describe_error(value)
    return masked(value) if name in _OF_CALLERS and isinstance(value, str) else value


_OF_REQUESTS = (
    "Invalid HTTP request",
    "Unsupported upgrade request",
    "No supported WebSocket library",
)
"""What uvicorn writes for single requests, without a limit; the hub has an event for the first."""


class _WithoutWords(logging.Formatter):
    """Formats what libraries log, with the cause in the place of their traceback and its words."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return describe_error(ei[1]) if ei[1] else ""


def _report_crash(error: BaseException | None, where: str) -> None:
    if error is not None:
        log.critical(Event.ROLE_CRASHED, role=where, error=describe_error(error))


def setup(
    *,
    level: str = "INFO",
    readable: bool = False,
    stream: TextIO = sys.stderr,
    lasting: bool = True,
) -> None:
    """Configure logging of this process; `lasting` means once and for all, which is faster."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _keep_known,
            LogLimit(Event.REQUEST_REFUSED),
            LogLimit(Event.IDENTITY_REFUSED),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=lasting,
    )
    if lasting:
        _let_nothing_past(stream)
    # zeep and urllib3 write whole envelopes and addresses at DEBUG
    for name in ("zeep", "urllib3", "pika", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "pika" else logging.WARNING)


def _let_nothing_past(stream: TextIO) -> None:
    """Have what crashes outside of a role, and what libraries log, told without their words."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_WithoutWords("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(lambda record: not str(record.msg).startswith(_OF_REQUESTS))
    logging.getLogger().handlers = [handler]
    sys.excepthook = lambda _kind, error, _trace: _report_crash(error, "process")
    threading.excepthook = lambda crash: _report_crash(
        crash.exc_value, crash.thread.name if crash.thread else "thread"
    )


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Log to a file for the length of the block; the screen belongs to something else."""
    before = structlog.get_config()
    with path.open("w", encoding="utf-8") as file:
        setup(stream=file, lasting=False)
        try:
            yield
        finally:
            structlog.configure(**before)


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
