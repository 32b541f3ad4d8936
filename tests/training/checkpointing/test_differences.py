from medimage.training.checkpointing.differences import told_differences


def test_only_what_differs_is_told_by_its_whole_name() -> None:
    there = {"seed": 1, "training": {"stage2": {"learning_rate": 0.1, "epochs": 4}}, "classes": ["a", "b"]}
    here = {"seed": 1, "training": {"stage2": {"learning_rate": 0.2, "epochs": 4}}, "classes": ["a", "c"]}
    assert told_differences(there, here) == (
        "training.stage2.learning_rate: 0.1 there, 0.2 here, classes: ['a', 'b'] there, ['a', 'c'] here"
    )


def test_what_only_one_has_is_told() -> None:
    assert told_differences({"old": 1}, {"new": {"x": 2}}) == (
        "old: 1 there, not set here, new: not set there, {'x': 2} here"
    )


def test_of_many_differences_some_are_told() -> None:
    told = told_differences({str(number): number for number in range(9)}, {})
    assert told.endswith("4: 4 there, not set here, and 4 more")


def test_settings_are_told_before_hashes() -> None:
    told = told_differences({"images": "a" * 64, "epochs": 4}, {"images": "b" * 64, "epochs": 5})
    assert told.startswith("epochs: 4 there, 5 here, images: ")
