import base64
import hashlib
import re

import pytest
from starlette.testclient import TestClient

from medimage.serving.pages import pages


@pytest.fixture
def client() -> TestClient:
    pages.state.card = {"name": "lung", "version": "1.0.0"}
    return TestClient(pages)


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_page_asks_nothing_of_other_hosts(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert not re.search(r"(https?:)?//[a-z]", response.text)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_front_page_runs_its_own_script_and_no_other(client: TestClient) -> None:
    response = client.get("/")
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        (content,) = re.findall(f"<{kind}>(.*?)</{kind}>", response.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
    assert not re.search(r"{{ | style=| on[a-z]+=|<!--", response.text)


def test_front_page_says_what_the_model_is_not_for(client: TestClient) -> None:
    assert "Not a medical device" in client.get("/").text


def test_card_is_the_models_card(client: TestClient) -> None:
    assert client.get("/card").json() == {"name": "lung", "version": "1.0.0"}


def test_unknown_path_is_not_found(client: TestClient) -> None:
    assert client.get("/secret").status_code == 404
