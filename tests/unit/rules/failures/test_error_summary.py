"""What went wrong is told without the words of an exception: they may quote a citizen's data."""

import ssl
import subprocess
import sys

import pytest

from hub.messages.envelope import decode
from hub.messages.invalid import InvalidMessage
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import TransientFailure

NAME = "Đặng Thị Bịa"
PROGRAM = f"""
import logging, sys, threading
from hub.runtime import telemetry
telemetry.setup()
telemetry.log.error(telemetry.Event.HANDLER_CRASHED, error=ValueError({NAME!r}))
try:
    raise ValueError({NAME!r})
except ValueError:
    logging.getLogger("uvicorn.error").exception("a library crashed")
thread = threading.Thread(target=lambda: int({NAME!r}), name="worker")
thread.start()
thread.join()
raise KeyError({NAME!r})
"""


def test_class_codes_chain_and_place_are_told() -> None:
    """All that an engineer needs, and no word of the message."""
    error = RuntimeError(NAME)
    error.__cause__ = ConnectionRefusedError(111, NAME)
    assert describe_error(error) == "RuntimeError < ConnectionRefusedError ECONNREFUSED"
    failure = TransientFailure("partner_busy", NAME)
    assert describe_error(failure) == "TransientFailure partner_busy"


def test_the_place_is_one_of_our_lines() -> None:
    """Where in hub or adapters it was raised, whatever library lies below."""
    with pytest.raises(InvalidMessage) as caught:
        decode(b"{")
    assert " at hub/messages/envelope.py:" in describe_error(caught.value)


def test_an_error_of_tls_has_openssls_word_and_no_number_of_the_system() -> None:
    """Its number would be read as another error's, such as ESTALE."""
    error = ssl.SSLError(116, "[X509: KEY_VALUES_MISMATCH] key values mismatch")
    assert describe_error(error) == "SSLError"
    error.reason = "KEY_VALUES_MISMATCH"
    assert describe_error(error) == "SSLError KEY_VALUES_MISMATCH"


def test_a_code_that_could_be_a_name_or_a_number_is_left_out() -> None:
    """Only codes of known forms."""
    error = ValueError()
    for code in (NAME, "000000000001", 12, "Nguyen"):
        error.code = code  # type: ignore[attr-defined]
        assert describe_error(error) == "ValueError"


def test_an_exception_that_is_its_own_cause_ends() -> None:
    """Chains may be rings."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert describe_error(first) == "ValueError < KeyError"


def test_nothing_of_the_words_reaches_the_log_of_a_process() -> None:
    """Neither by our events, nor by libraries, nor by crashes of threads and of the process."""
    run = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("ValueError") == 3
    assert ended.stderr.count("KeyError") == 1
    assert "a library crashed" in ended.stderr
    assert "worker" in ended.stderr
    for word in (NAME, "Bịa", "B\\u1ecba"):
        assert word not in ended.stderr + ended.stdout
