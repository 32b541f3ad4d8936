from medimage.printable import printable


def test_what_a_terminal_would_obey_is_escaped_and_letters_of_any_language_are_not() -> None:
    assert printable("cat/\x1b]0;owned\x07.png\n\té漢") == "cat/\\x1b]0;owned\\x07.png\n\té漢"
