"""What the pixels of an image must not be, because their meaning would have to be guessed."""

from PIL import Image

from medimage.serving.refusal import ImageRefusedError, RefusalReason

# Modes in which one sample has at most 8 bits and a defined meaning. Alpha is looked at before it is dropped.
_ACCEPTED_MODES = frozenset({"1", "L", "P", "RGB", "LA", "PA", "RGBA"})

_TIFF_BITS_PER_SAMPLE = 258


def refuse_several_frames(image: Image.Image) -> None:
    """Refuses an animation or a file of several pages: which frame is meant is not for the machine to choose.

    Raises:
        ImageRefusedError: If there is more than one frame, or none.
    """
    frames = getattr(image, "n_frames", 1)
    if frames != 1:
        raise several_frames(frames)


def several_frames(frames: int) -> ImageRefusedError:
    """Returns the error for a file with another number of frames or pages than one."""
    return ImageRefusedError(
        RefusalReason.SEVERAL_FRAMES,
        f"The file holds {frames} frames or pages; send the one that is meant as a file of its own.",
    )


def refuse_deep_samples(image: Image.Image, data: bytes) -> None:
    """Refuses samples of more than 8 bits, and colours other than gray and RGB.

    Args:
        image: The file as Pillow opened it.
        data: The whole file.

    Raises:
        ImageRefusedError: If it has such samples or colours.
    """
    if image.mode not in _ACCEPTED_MODES:
        raise ImageRefusedError(
            RefusalReason.UNSUPPORTED_PIXELS,
            f"The image has pixels of type {image.mode}; send 8-bit gray or RGB. Images of more than 8 bits need a "
            "window chosen by a person, and CMYK belongs to printing.",
        )
    # Pillow reads 16-bit colour into 8-bit modes and silently keeps the upper byte, so the mode alone does not tell.
    bits = 8
    if image.format == "PNG":
        bits = data[24]  # IHDR is the first chunk; its bit depth follows width and height (PNG, section 11.2.1)
    elif image.format == "TIFF":
        stated = getattr(image, "tag_v2", {}).get(_TIFF_BITS_PER_SAMPLE, (8,))
        bits = max(stated) if isinstance(stated, tuple) else int(stated)
    if bits > 8:
        raise ImageRefusedError(
            RefusalReason.UNSUPPORTED_PIXELS,
            f"The image has {bits} bits per sample; send 8-bit gray or RGB, windowed as it is meant to be read.",
        )


def opaque_image(image: Image.Image) -> Image.Image:
    """Returns an image without its alpha channel, or as it is where it has none.

    Raises:
        ImageRefusedError: If a pixel is not opaque.
    """
    if image.mode not in ("LA", "PA", "RGBA") and "transparency" not in image.info:
        return image
    with_alpha = image.convert("RGBA")
    lowest, _ = with_alpha.getchannel("A").getextrema()
    if lowest != 255:
        raise ImageRefusedError(
            RefusalReason.TRANSPARENT,
            "The image has transparent pixels, whose value is undefined; send it without transparency.",
        )
    return with_alpha.convert("RGB")
