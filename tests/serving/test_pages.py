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


def test_front_page_says_what_the_model_is_not_for(client: TestClient) -> None:
    assert "Not a medical device" in client.get("/").text


def test_card_is_the_models_card(client: TestClient) -> None:
    assert client.get("/card").json() == {"name": "lung", "version": "1.0.0"}


def test_unknown_path_is_not_found(client: TestClient) -> None:
    assert client.get("/secret").status_code == 404
