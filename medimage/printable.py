"""Text for a terminal that holds nothing a terminal would obey."""


def printable(text: str) -> str:
    """Returns text with control characters escaped, line breaks and tabs apart: file names may hold anything."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else repr(letter)[1:-1] for letter in text)
