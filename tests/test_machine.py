import platform

from medimage.machine import processor_name


def test_processor_is_named_without_the_name_of_the_machine() -> None:
    assert len(processor_name()) > 2
    assert platform.node() not in processor_name()
