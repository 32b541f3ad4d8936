"""Whether a folder is on a disk of this machine."""

from pathlib import Path

import psutil

_OF_DISKS = frozenset(
    {"apfs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "hfs", "overlay", "ramfs", "tmpfs", "xfs", "zfs"}
)
"""Types of file systems as the system calls them; what is shared with other machines has others, such as nfs."""


def is_on_local_disk(path: Path) -> bool:
    """Tells whether only this machine can change what is in a folder; what is not known for sure counts as no.

    Args:
        path: Folder or file, which need not be there.
    """
    whole = path.resolve()
    types = {Path(mounted.mountpoint): mounted.fstype for mounted in psutil.disk_partitions(all=True)}
    # The nearest of the folders above that something is mounted on is what holds it.
    return next((types[folder] in _OF_DISKS for folder in (whole, *whole.parents) if folder in types), False)
