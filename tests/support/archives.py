"""Archives that no tool would make, and those that every tool makes."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping

Maker = Callable[[Mapping[str, bytes]], bytes]


def zip_bytes(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Returns a zip archive; names that end in `/` are folders."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_bytes(files: Mapping[str, bytes]) -> bytes:
    """Returns a tar archive without padding after its end; names that end in `/` are folders."""
    return tar_of([(folder_or_file(name, content), content) for name, content in files.items()])


def folder_or_file(name: str, content: bytes) -> tarfile.TarInfo:
    """Returns the header of a folder or file."""
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
    info.size = len(content)
    return info


def tar_of(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """Returns a tar archive of any members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
        end = archive.offset
    return buffer.getvalue()[:end] + bytes(1024)


def zip_of_infos(members: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    """Returns a zip archive of any members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for info, content in members:
            archive.writestr(info, content)
    return buffer.getvalue()


MAKERS: dict[str, Maker] = {
    "zip": zip_bytes,
    "zip stored": lambda files: zip_bytes(files, zipfile.ZIP_STORED),
    "zip bzip2": lambda files: zip_bytes(files, zipfile.ZIP_BZIP2),
    "zip lzma": lambda files: zip_bytes(files, zipfile.ZIP_LZMA),
    "tar": tar_bytes,
    "tar.gz": lambda files: gzip.compress(tar_bytes(files)),
    "tar.bz2": lambda files: bz2.compress(tar_bytes(files)),
    "tar.xz": lambda files: lzma.compress(tar_bytes(files)),
}
"""Every format that can be unpacked."""

_STRETCH = 2**26


def deflated_zeros(size: int) -> bytes:
    """Returns zeros as a raw deflate stream, whose equal stretches are compressed once."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    stretch = compressor.compress(bytes(_STRETCH)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return stretch * (size // _STRETCH) + compressor.flush()


def zip_of_zeros(size: int, *, promised: int) -> bytes:
    """Returns a zip archive of one file of zeros whose headers promise another size."""
    stream, name = deflated_zeros(size), b"zeros.png"
    sizes = struct.pack("<HHQQ", 1, 16, promised, len(stream))
    shared = struct.pack("<HHHHHIII", 45, 0, 8, 0, 0, 0, 2**32 - 1, 2**32 - 1)
    lengths = struct.pack("<HH", len(name), len(sizes))
    local = b"PK\x03\x04" + shared + lengths + name + sizes + stream
    central = b"PK\x01\x02\x2d\x03" + shared + lengths + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name + sizes
    return local + central + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local), 0)


def gzip_with_zeros(beginning: bytes, size: int) -> bytes:
    """Returns a gzip file that begins with some bytes and goes on with zeros; its checksum is wrong."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = compressor.compress(beginning) + compressor.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + first + deflated_zeros(size) + bytes(8)


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Returns the header of a tar member that promises so many bytes."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)
