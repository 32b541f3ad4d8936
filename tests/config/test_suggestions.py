import os

from medimage.config.suggestions import did_you_mean, nearest_names, nearest_paths


def test_nearest_name_comes_first_without_regard_to_case():
    assert nearest_names("Clases", ["labels", "classes", "path"])[0] == "classes"
    assert nearest_names("efficientnetb3", ["resnet18", "EfficientNetB3"]) == ("EfficientNetB3",)


def test_names_that_differ_in_case_alone_are_both_kept():
    assert set(nearest_names("resnet5", ["resnet50", "ResNet50"])) == {"resnet50", "ResNet50"}


def test_nothing_alike_gives_nothing():
    assert nearest_names("zzz", ["classes"]) == ()
    assert did_you_mean(()) == ""


def test_several_names_are_joined():
    assert did_you_mean(["a", "b"]) == "; did you mean a or b?"


def test_neighbours_of_a_missing_folder_are_offered(tmp_path):
    (tmp_path / "brain4").mkdir()
    (tmp_path / "skin7").mkdir()
    assert nearest_paths(tmp_path / "brain") == (str(tmp_path / "brain4"),)
    assert nearest_paths(tmp_path / "absent" / "brain") == ()
    assert nearest_paths(tmp_path / ("a" * (os.pathconf("/", "PC_NAME_MAX") + 1))) == ()
