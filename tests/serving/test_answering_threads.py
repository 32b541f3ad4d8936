"""The threads that work on images tell how fast that goes, by images that were worked out and by no others."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medimage.serving.admission import Admission
from medimage.serving.answering_threads import AnsweringThreads
from medimage.serving.receiving import Receiving
from medimage.serving.refusal import ImageRefusedError, RefusalReason
from medimage.serving.request_context import RequestContext
from medimage.serving.settings import ServiceSettings

ONE_REQUEST = st.lists(st.booleans(), min_size=1, max_size=8)
"""Of each image of a request, whether it is worked out."""


@pytest.fixture(scope="module")
def threads() -> Iterator[AnsweringThreads]:
    threads = AnsweringThreads(2)
    yield threads
    threads.close()


def request_of(admission: Admission, *, images: int) -> RequestContext:
    request = RequestContext(
        settings=ServiceSettings.from_environment({}), admission=admission, receiving=Receiving(most_bytes=1)
    )
    assert request.take_on(images=images, upload_bytes=0)
    return request


def work_on(request: RequestContext, images: list[bool], *, seconds: float = 0.0) -> None:
    for is_good in images:
        try:
            with request.working_out():
                time.sleep(seconds)
                if not is_good:
                    raise ImageRefusedError(RefusalReason.DAMAGED, "The file is damaged.")
        except ImageRefusedError:
            pass


def answered(threads: AnsweringThreads, admission: Admission, images: list[bool], *, seconds: float = 0.0) -> None:
    request = request_of(admission, images=len(images))
    asyncio.run(threads.run(lambda: work_on(request, images, seconds=seconds), request=request))
    request.finish()
    assert request.worked_out == sum(images)


def service_of(*, seconds: float) -> Admission:
    """A service whose images took so long until now."""
    admission = Admission(images=10**9, upload_bytes=1, seconds=300, answered_at_a_time=2)
    admission.note_speed(images=1, seconds=seconds)
    return admission


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(ONE_REQUEST, max_size=8))
def test_the_limit_moves_with_images_that_are_worked_out_and_with_no_others(
    threads: AnsweringThreads, requests: list[list[bool]]
) -> None:
    admission = service_of(seconds=1)
    for images in requests:
        before = admission.most_images
        answered(threads, admission, images)
        assert (admission.most_images > before) == any(images)


def test_time_that_refused_images_take_is_not_that_of_the_others(threads: AnsweringThreads) -> None:
    alone, among_others = service_of(seconds=0.01), service_of(seconds=0.01)
    answered(threads, alone, [True])
    request = request_of(among_others, images=3)

    def work() -> None:
        work_on(request, [False, False], seconds=0.2)
        work_on(request, [True])

    asyncio.run(threads.run(work, request=request))
    assert among_others.most_images == pytest.approx(alone.most_images, rel=0.3)


def test_work_that_fails_tells_nothing(threads: AnsweringThreads) -> None:
    admission = service_of(seconds=1)
    before = admission.most_images
    request = request_of(admission, images=1)

    def fail() -> None:
        with request.working_out():
            raise FloatingPointError("no number")

    with pytest.raises(FloatingPointError):
        asyncio.run(threads.run(fail, request=request))
    assert admission.most_images == before
