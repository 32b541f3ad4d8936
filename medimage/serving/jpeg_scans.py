"""A JPEG file without anything that its pixels do not depend on (ITU-T T.81, annex B)."""

_START = b"\xff\xd8"
_SCAN = 0xDA
_SEQUENTIAL = (0xC0, 0xC1)
_NEEDED = frozenset({0xDB, 0xDD, *range(0xC0, 0xD0)})
"""Tables of quantization, the restart interval, frames, and tables of codes."""

_EVERY_COEFFICIENT = b"\x00\x3f\x00"
"""What a sequential file must say of a scan, and some cameras do not."""


def without_asides(data: bytes) -> bytes:
    """Returns a JPEG without application data, comments and stray bytes before its first scan; all else stays.

    Decoders do not turn its samples into the same colours any more, but read the same codes.

    Args:
        data: The file, from its beginning. Where its structure cannot be followed, the rest is returned as it is.
    """
    kept, at, frame = [_START], len(_START), 0
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker in (0x00, 0xFF):
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN:
            kept.append(data[at : end - 3])
            kept.append(_EVERY_COEFFICIENT if frame in _SEQUENTIAL else data[end - 3 : end])
            at = end
            break
        if marker in _NEEDED:
            kept.append(data[at:end])
            frame = marker if marker in _SEQUENTIAL else frame
        at = end
    return b"".join([*kept, data[at:] if at >= 0 else b""])
