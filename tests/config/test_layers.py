import copy

from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from medimage.config.layers import Layer, dotted, merge_layers, merge_values

# Keys in capitals hold mappings and the others hold plain values, as in a schema: a setting keeps its kind.
leaves = st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2)
settings = st.recursive(
    st.dictionaries(st.sampled_from("abc"), leaves),
    lambda inner: st.builds(
        lambda plain, sections: {**plain, **sections},
        st.dictionaries(st.sampled_from("abc"), leaves),
        st.dictionaries(st.sampled_from("XYZ"), inner),
    ),
    max_leaves=6,
)


@how(deadline=None)
@given(settings, settings, settings)
def test_merging_is_associative(first, second, third):
    assert merge_values(merge_values(first, second), third) == merge_values(first, merge_values(second, third))


@how(deadline=None)
@given(settings, settings)
def test_merging_changes_neither_argument(base, over):
    before = copy.deepcopy((base, over))
    merge_values(base, over)
    assert (base, over) == before


@how(deadline=None)
@given(settings)
def test_nothing_is_neutral_and_merging_twice_is_merging_once(values):
    assert merge_values({}, values) == merge_values(values, {}) == merge_values(values, values) == values


def test_mappings_merge_and_lists_are_replaced():
    base = {"labels": {"a": "x", "b": "y"}, "classes": ["x", "y"], "seed": 1}
    over = {"labels": {"b": "z"}, "classes": ["z"]}
    assert merge_values(base, over) == {"labels": {"a": "x", "b": "z"}, "classes": ["z"], "seed": 1}


def test_null_takes_a_section_away():
    assert merge_values({"early_stopping": {"patience": 5}}, {"early_stopping": None}) == {"early_stopping": None}


def test_merged_values_keep_the_origin_of_the_source_that_won():
    base = Layer(values={"a": 1, "b": 2}, origins={("a",): "first", ("b",): "first"})
    over = Layer(values={"b": 3}, origins={("b",): "second"})
    merged = merge_layers(base, over)
    assert (merged.origin_of(("a",)), merged.origin_of(("b",))) == ("first", "second")


def test_origin_is_that_of_the_nearest_value_around():
    layer = Layer(values={"a": [1]}, origins={(): "file", ("a",): "line 3"})
    assert layer.origin_of(("a", 0, "x")) == "line 3"
    assert layer.origin_of(("default",)) is None


def test_paths_are_written_as_people_write_them():
    assert dotted(("data", "classes", 1)) == "data.classes[1]"
    assert dotted((0, "a")) == "[0].a"
