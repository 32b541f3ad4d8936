import dataclasses
import json

import pytest
from markdown_it import MarkdownIt

from medimage.config.dossier import DossierConfig
from medimage.registry.provenance import Provenance
from tests.support.exported import CLASSES, make_card


def test_card_is_strict_json_also_where_a_metric_is_not_known() -> None:
    values = json.loads(json.dumps(make_card().to_dict(), allow_nan=False))
    assert values["metrics"]["sensitivity"][CLASSES[2]]["value"] is None
    assert values["metrics"]["accuracy"]["value"] == 0.93
    assert values["model"]["classes"] == list(CLASSES)
    assert values["gate"]["verdict"] == "PASS"
    assert values["provenance"]["evidence_hash"] == "e1"
    assert "research use only" in values["notice"].lower()


def test_markdown_tables_keep_their_columns_whatever_a_class_is_called() -> None:
    html = MarkdownIt("commonmark").enable("table").render(make_card().to_markdown())
    rows = [row for row in html.split("<tr>")[1:] if "<td>" in row]
    assert {row.count("<td>") for row in rows} == {4, 5}
    assert "<td>other|one</td>" in html
    assert "<td>not known</td>" in html
    assert "<td>0.930</td>" in html
    assert "0.880 to 0.960" in html


def test_what_the_authors_state_of_use_and_limits_stands_on_the_card() -> None:
    card = make_card()
    assert card.stating(DossierConfig(intended_use=" ", limitations="")) == card
    stated = card.stating(DossierConfig(intended_use="Triage in a study.", limitations="One scanner."))
    assert stated.intended_use == "Triage in a study."
    assert stated.limits == (*card.limits, "One scanner.")


def test_version_stands_in_the_title_once_it_is_known() -> None:
    assert make_card().to_markdown().startswith("# lung-brightness (not registered)")
    assert make_card().with_version("1.0.0").to_markdown().startswith("# lung-brightness 1.0.0")


def test_every_part_of_the_card_is_in_the_text() -> None:
    text = make_card().to_markdown()
    for part in (
        "Intended use",
        "Limits",
        "training images: 600",
        "Verdict: **PASS**",
        "class and source agree",
        "`d1`",
    ):
        assert part in text


@pytest.mark.parametrize("value", ["", "it's", "a b", "a'; DROP", "x\n"])
def test_provenance_refuses_what_would_break_a_search(value: str) -> None:
    with pytest.raises(ValueError, match="data_hash"):
        dataclasses.replace(Provenance(run_id="r", config_hash="c", data_hash="d", evidence_hash="e"), data_hash=value)
