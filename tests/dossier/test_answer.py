"""What is said to an item, and what is blank."""

from medimage.config.dossier import DossierConfig
from medimage.dossier.answer import State, answer
from medimage.dossier.fact import Fact
from medimage.dossier.guideline import Item

FACT = Fact(text="10 images", anchor="data")
ITEM = Item(number="7", topic="Data", subject="where they come from", facts=("source",), authors=("setting",))


def test_an_item_is_answered_where_every_part_of_it_is() -> None:
    both = answer(ITEM, facts={"source": FACT}, statements=DossierConfig(setting="One hospital."))
    assert (both.state, both.facts, dict(both.statements)) == (State.ANSWERED, (FACT,), {"setting": "One hospital."})
    run_alone = answer(ITEM, facts={"source": FACT}, statements=DossierConfig())
    assert (run_alone.state, run_alone.blanks) == (State.IN_PART, ("setting",))
    authors_alone = answer(ITEM, facts={}, statements=DossierConfig(setting="One hospital."))
    assert (authors_alone.state, authors_alone.unknown) == (State.IN_PART, ("source",))
    nobody = answer(ITEM, facts={}, statements=DossierConfig(setting=" \n"))
    assert (nobody.state, nobody.blanks, nobody.unknown) == (State.BLANK, ("setting",), ("source",))


def test_a_blank_names_what_the_authors_are_to_state() -> None:
    values = answer(ITEM, facts={}, statements=DossierConfig()).to_dict()
    assert values["state"] == "blank"
    assert values["to_be_stated_by_the_authors"] == ["setting"]
    assert values["not_known_of_this_run"] == ["source"]
