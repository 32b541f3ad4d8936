import gc
import os

from medimage.data.shards import DirectoryShards
from medimage.workspace import workspace


def test_temporary_files_lie_in_the_workspace_so_that_its_artifact_store_can_link_to_them() -> None:
    shards = DirectoryShards.temporary()
    assert shards.directory.is_relative_to(workspace())
    shards.local_path("x.npy").write_bytes(b"x")
    link = workspace() / "link.npy"
    os.link(shards.local_path("x.npy"), link)
    link.unlink()


def test_a_temporary_folder_lives_as_long_as_somebody_refers_to_it() -> None:
    shards = DirectoryShards.temporary()
    directory = shards.directory
    copy = shards
    del shards
    gc.collect()
    assert directory.is_dir()
    del copy
    gc.collect()
    assert not directory.exists()
