import warnings

from medimage.data.audit.image_rows import ROW_COLUMNS, image_rows
from tests.support.rows_to_split import audited


def test_an_audit_in_which_no_file_was_skipped_gives_its_rows_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = image_rows(audited(["a", "b"], ["p", "q"]), split=None, folds={})
    assert tuple(rows.columns) == ROW_COLUMNS
    assert rows["path"].tolist() == ["0.png", "1.png"]
