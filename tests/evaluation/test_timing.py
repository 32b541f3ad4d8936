import pytest

from medimage.evaluation.timing import WARM_UP_IMAGES, time_images


def test_every_image_is_answered_once_after_the_warm_up() -> None:
    answered: list[bytes] = []
    latency = time_images(answered.append, [b"a", b"b"], threads=1)
    assert answered[WARM_UP_IMAGES:] == [b"a", b"b"]
    assert latency.images == 2
    assert latency.machine.endswith(", 1 thread")


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        time_images(len, [], threads=1)


def test_progress_is_shown_to_a_person(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    time_images(len, [b"a"] * 3, threads=2)
    assert "Timing single images" in capsys.readouterr().err
