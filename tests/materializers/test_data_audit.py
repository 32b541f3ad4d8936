"""What the dashboard shows of an audit."""

import csv
import dataclasses
import io
import uuid

from zenml.client import Client

from materializers.data_audit import DataAuditMaterializer
from medimage.data.audit.data_audit import DataAudit, Finding
from tests.support.audited import EVIL, audited

AUDIT, _ = audited()


def views(audit: DataAudit) -> dict[str, str]:
    """Returns the dashboard's files as text."""
    store = Client().active_stack.artifact_store
    materializer = DataAuditMaterializer(f"{store.path}/tests/{uuid.uuid4()}", store)
    found = materializer.views(audit)
    return {name: view if isinstance(view, str) else view.decode() for name, view in found.items()}


def test_counts_stand_above_the_findings() -> None:
    page = views(AUDIT)["findings.md"]
    assert "91 files found = 38 images kept + 52 quarantined + 1 skipped." in page
    assert page.index("91 files") < page.index("near-duplicates")
    assert page.count("\n- ") == len(AUDIT.findings)


def test_what_stops_the_run_stands_first() -> None:
    stop = Finding(name="unusable_images", critical=True, message="half of the files cannot be used")
    page = views(dataclasses.replace(AUDIT, findings=(*AUDIT.findings, stop)))["findings.md"]
    assert page.split("\n- ")[1] == "**stops the run:** half of the files cannot be used"


def test_names_of_files_are_no_markup_on_the_page() -> None:
    finding = Finding(name="x", critical=False, message=f"{EVIL} and [a](http://b.example) in *bold*\n# heading")
    page = views(dataclasses.replace(AUDIT, findings=(finding,)))["findings.md"]
    assert "<script" not in page
    assert "\\[a\\](http" in page
    assert "\n# heading" not in page


def test_everything_left_out_is_in_the_quarantine_table() -> None:
    rows = list(csv.DictReader(io.StringIO(views(AUDIT)["quarantine.csv"])))
    assert {row["name"] for row in rows} == {
        *AUDIT.quarantine["name"],
        *(name for name, _ in AUDIT.skipped_files),
    }
    assert all(row["reason"] for row in rows)


def test_the_first_rows_of_images_and_the_page_of_great_expectations_are_shown() -> None:
    shown = views(AUDIT)
    rows = list(csv.DictReader(io.StringIO(shown["images.csv"])))
    assert [row["name"] for row in rows] == AUDIT.images["name"].tolist()
    assert float(next(row for row in rows if row["name"] == "a/0.png")["mean_intensity"]) > 0
    assert shown["expectations.html"] == AUDIT.data_docs


def test_names_of_files_are_no_formulas_in_the_tables() -> None:
    skipped = (("=1+1.txt", "hidden file"),)
    images = AUDIT.images.assign(name=[f"@{name}" for name in AUDIT.images["name"]], label="-a")
    shown = views(dataclasses.replace(AUDIT, images=images, skipped_files=skipped))
    for table in ("images.csv", "quarantine.csv"):
        rows = list(csv.DictReader(io.StringIO(shown[table], newline="")))
        assert all(row["name"].startswith(("./@", "./=")) for row in rows)
        assert {row["label"] for row in rows} <= {"'-a", ""}
    assert "./=1+1.txt" in shown["quarantine.csv"]
