"""Which tests run in one process when several share the work."""

from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/end_to_end/passed_run/", "tests/end_to_end/cluster/")
"""Folders whose files share what takes long to make."""


class LoadFolderScheduling(LoadFileScheduling):
    """Gives the tests of a file to one process, and so those of all files of the folders in `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)
