"""A server of S3's protocol on this machine: moto's, which keeps everything in memory."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.commands import environment
from tests.support.processes import free_port, running_server

BUCKET = "medimage"
KEY = "test-access-key"
SECRET = "test-secret-key-of-nobody"


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Runs the server in a process of its own with one bucket, and gives its address."""
    import boto3

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    with running_server(
        [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
        address=address,
        ready="/moto-api/",
        cwd=folder,
        environment=environment(folder),
        log=folder / "log",
    ):
        client = boto3.client(
            "s3", endpoint_url=address, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        client.create_bucket(Bucket=BUCKET)
        yield address
