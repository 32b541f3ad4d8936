import subprocess
import sys
import threading
import time

import pytest

from medimage.errors import MedimageError
from medimage.service_calls import ServiceCalls


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "medimage.service_calls"]


def test_calls_are_made_in_order_and_all_before_the_end() -> None:
    calls, made = ServiceCalls("Numbers"), list[int]()
    for number in range(100):
        calls.submit(lambda number=number: made.append(number))
    calls.finish()
    assert made == list(range(100))


def test_who_asks_for_a_call_does_not_wait_for_it() -> None:
    calls, answered = ServiceCalls("Slow"), threading.Event()
    started = time.perf_counter()
    calls.submit(answered.wait)
    assert time.perf_counter() - started < 0.5
    answered.set()
    calls.finish()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ValueError("the server is confused"), "ValueError: the server is confused"),
        (MedimageError("There is no key."), "(There is no key)"),
        (SystemExit("not logged in"), "SystemExit: not logged in"),
        (OSError("no answer of http://anna:pa55@one"), "OSError: no answer of http://***@one"),
    ],
)
def test_first_failure_is_one_warning_and_the_last_call(
    failure: BaseException, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = list[str]()

    def fail() -> None:
        made.append("failing")
        raise failure

    calls = ServiceCalls("Ledger")
    calls.submit(fail)
    calls.submit(lambda: made.append("after"))
    calls.finish()
    calls.submit(fail)
    calls.finish()
    assert made == ["failing"]
    (warning,) = warnings(caplog)
    assert warning.startswith("Ledger is not available")
    assert told in warning
    assert warning.endswith("the run goes on without it.")


def test_silence_is_one_warning_after_the_time_of_a_call(caplog: pytest.LogCaptureFixture) -> None:
    answer, made = threading.Event(), list[str]()
    calls = ServiceCalls("Silent", seconds=0.3)
    calls.submit(answer.wait)
    calls.submit(lambda: made.append("after"))
    started = time.perf_counter()
    calls.finish()
    assert 0.2 < time.perf_counter() - started < 0.6
    answer.set()
    time.sleep(0.1)
    assert made == []
    assert warnings(caplog) == ["Silent is not available (no answer within 0.3 seconds); the run goes on without it."]


def test_silence_is_noticed_while_the_run_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    answer = threading.Event()
    calls = ServiceCalls("Silent", seconds=0.1)
    calls.submit(answer.wait)
    time.sleep(0.2)
    calls.submit(answer.wait)
    assert len(warnings(caplog)) == 1
    started = time.perf_counter()
    calls.finish()
    assert time.perf_counter() - started < 0.1
    answer.set()


def test_many_slow_calls_do_not_add_up_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    calls = ServiceCalls("Slow", seconds=0.3)
    for _ in range(20):
        calls.submit(lambda: time.sleep(0.2))
    started = time.perf_counter()
    calls.finish()
    assert time.perf_counter() - started < 1.5
    assert warnings(caplog) == ["Slow is not available (still behind after 0.6 seconds); the run goes on without it."]


def test_large_call_gets_the_time_it_was_given(caplog: pytest.LogCaptureFixture) -> None:
    made = list[str]()
    calls = ServiceCalls("Store", seconds=0.2)
    calls.submit(lambda: (time.sleep(0.5), made.append("sent")), extra_seconds=10)
    calls.submit(lambda: made.append("closed"))
    calls.finish()
    assert made == ["sent", "closed"]
    assert warnings(caplog) == []


def test_call_that_never_ends_does_not_keep_the_process() -> None:
    program = (
        "import threading\nfrom medimage.service_calls import ServiceCalls\n"
        "calls = ServiceCalls('Silent', seconds=0.2)\ncalls.submit(threading.Event().wait)\ncalls.finish()\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], timeout=20, check=True, capture_output=True, text=True)
    assert finished.stderr.count("goes on without it") == 1
