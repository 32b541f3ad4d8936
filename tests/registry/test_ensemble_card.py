from medimage.data.folds_hash import hash_of_splits
from medimage.registry.ensemble_card import ensemble_card
from medimage.registry.model_card import LIMITS, LIMITS_OF_EVERY_MODEL
from tests.evaluation.gate.test_find_in_data import SPLIT
from tests.evaluation.test_pooling import FOLDS, pool
from tests.support.exported import make_exported, make_gate_report

POOLED = pool(FOLDS, is_ensemble=True)


def test_the_card_says_that_the_members_were_judged_and_the_ensemble_was_not():
    card = ensemble_card(
        exported=make_exported(),
        gate_report=make_gate_report(),
        pooled=POOLED,
        splits=[SPLIT, SPLIT],
        name="few",
        description="Few images.",
        run_id="run-1",
        config_hash="c1",
    )
    text = card.to_markdown()
    assert "judged on no unseen image" in text
    assert "challenger" in text
    assert all(limit in text for limit in LIMITS_OF_EVERY_MODEL)
    assert LIMITS[0] not in text
    assert card.metrics == POOLED.summary()
    assert (card.data["members"], card.data["out-of-fold images"]) == (2, 210)
    assert card.provenance.data_hash == hash_of_splits([SPLIT, SPLIT])
    assert hash_of_splits([SPLIT]) != hash_of_splits([SPLIT, SPLIT])
