from pathlib import Path

import pytest

from medimage.serving.model_files import CARD_FILE, MANIFEST_FILE, MODEL_FILE, ModelFiles, write_model_files
from medimage.serving.refusal import ServiceNotStartedError
from medimage.serving.start_checks import check_start, host_of_command
from tests.support.exported import SLOPE, brightness_onnx, self_test_of

CARD = {"name": "lung", "version": "1.2.3"}
TOKENS = {"MEDIMAGE_SERVE_TOKENS": "ward:secret-secret-secret"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model_files(tmp_path, onnx=brightness_onnx(), card=CARD)
    return tmp_path


def start(folder: Path, *, host: str | None = "127.0.0.1", **environment: str) -> None:
    check_start({"MEDIMAGE_SERVE_MODEL_FOLDER": str(folder), **environment}, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1", None])
def test_a_service_for_this_machine_alone_needs_no_token(folder: Path, host: str | None) -> None:
    start(folder, host=host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "scanner.example", host_of_command(None)])
def test_a_service_that_others_can_reach_needs_a_token_or_a_word(folder: Path, host: str) -> None:
    with pytest.raises(ServiceNotStartedError, match="MEDIMAGE_SERVE_TOKENS"):
        start(folder, host=host)
    start(folder, host=host, **TOKENS)
    start(folder, host=host, MEDIMAGE_SERVE_ALLOW_ANONYMOUS="true")


@pytest.mark.parametrize("name", [MODEL_FILE, CARD_FILE])
def test_a_changed_file_stops_the_start_with_its_name(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ServiceNotStartedError, match=f"{name} in .* changed since"):
        start(folder)


@pytest.mark.parametrize("name", [MODEL_FILE, CARD_FILE, MANIFEST_FILE])
def test_a_missing_file_stops_the_start(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ServiceNotStartedError, match="No such file"):
        start(folder)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"model.onnx": 3}', "\udcff"])
def test_a_damaged_manifest_stops_the_start(folder: Path, manifest: str) -> None:
    (folder / MANIFEST_FILE).write_bytes(manifest.encode("utf-8", "surrogateescape"))
    with pytest.raises(ServiceNotStartedError, match=r"manifest|changed since"):
        start(folder)


@pytest.mark.parametrize("log", ["PREDICTION_LOG", "FEEDBACK_LOG"])
def test_a_folder_for_a_log_that_cannot_be_made_stops_the_start(folder: Path, log: str) -> None:
    variable = f"MEDIMAGE_SERVE_{log}"
    start(folder, **{variable: str(folder / "logs")})
    with pytest.raises(ServiceNotStartedError, match=variable):
        start(folder, **{variable: str(folder / MODEL_FILE)})


def test_bad_settings_stop_the_start(folder: Path) -> None:
    with pytest.raises(ServiceNotStartedError, match="MAXIMUM_FILES"):
        start(folder, MEDIMAGE_SERVE_MAXIMUM_FILES="none")


def test_a_graph_in_fewer_bits_that_answers_otherwise_here_is_not_served(folder: Path) -> None:
    graph = brightness_onnx(self_test=self_test_of(brightness_onnx()))
    write_model_files(folder, onnx=graph, card={**CARD, "precision": "int8"})
    start(folder)
    graph = brightness_onnx(self_test=self_test_of(brightness_onnx(slope=2 * SLOPE)))
    write_model_files(folder, onnx=graph, card={**CARD, "precision": "int8"})
    with pytest.raises(ServiceNotStartedError, match=r"lung 1\.2\.3 is not served here\. Expected the graph in int8"):
        start(folder)


def test_a_graph_in_fewer_bits_is_tried_whatever_the_card_says(folder: Path) -> None:
    graph = brightness_onnx(self_test=self_test_of(brightness_onnx(slope=2 * SLOPE)))
    write_model_files(folder, onnx=graph, card=CARD)
    with pytest.raises(ServiceNotStartedError, match=r"lung 1\.2\.3 is not served here\. Expected the graph in int8"):
        start(folder)


def test_a_graph_that_cannot_be_opened_stops_the_start(folder: Path) -> None:
    write_model_files(folder, onnx=b"no graph", card=CARD)
    with pytest.raises(ServiceNotStartedError, match=r"lung 1\.2\.3 is not served here\. Expected an ONNX graph"):
        start(folder)


def test_files_are_read_as_they_were_written(folder: Path) -> None:
    files = ModelFiles.read(folder)
    assert files.onnx == brightness_onnx()
    assert files.card == CARD
