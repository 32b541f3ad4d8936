from hypothesis import given
from hypothesis import strategies as st

from medimage.data.audit.grouping import combine_groups


def joined_by_hand(groups: list[str], clusters: list[int]) -> list[set[int]]:
    """Joins the images one by one: each melts all sets together that it shares a group or a cluster with."""
    sets: list[set[int]] = []
    for image, (group, cluster) in enumerate(zip(groups, clusters, strict=True)):
        near = [other for other in sets if any(clusters[i] == cluster or (group and groups[i] == group) for i in other)]
        sets = [other for other in sets if other not in near] + [set().union({image}, *near)]
    return sets


@given(
    st.lists(st.tuples(st.sampled_from(["", "p", "q", "images-0", "images-1", "images-1-"]), st.integers(0, 6))),
)
def test_images_have_one_name_exactly_where_they_are_connected(images: list[tuple[str, int]]) -> None:
    groups, clusters = [group for group, _ in images], [cluster for _, cluster in images]
    names = combine_groups(groups, clusters)
    by_name = [{image for image, other in enumerate(names) if other == name} for name in dict.fromkeys(names)]
    assert sorted(map(sorted, by_name)) == sorted(map(sorted, joined_by_hand(groups, clusters)))


def test_a_patient_called_like_an_unknown_image_stays_apart_from_it() -> None:
    assert combine_groups(["images-1", ""], [0, 1]) == ("images-1", "images-1-")
