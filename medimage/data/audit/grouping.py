"""Which images must stay together: those of one patient, and those that show the same thing."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def combine_groups(groups: Sequence[str], clusters: Sequence[int]) -> tuple[str, ...]:
    """Joins groups that share a duplicate cluster, and clusters that share a group.

    Args:
        groups: Patient, lesion or study of each image; empty where unknown.
        clusters: Duplicate cluster of each image.

    Returns:
        One name per image. Images with the same name must stay on one side of every split. The name is the first
        known group in it, or `images-N` where no group is known, N being the position of its first image; where a
        known group is called so itself, the name is lengthened.
    """
    if len(groups) != len(clusters):
        raise ValueError(f"Expected a cluster for each of {len(groups)} images but got {len(clusters)}")
    if not groups:
        return ()
    count = len(groups)
    nodes = {("cluster", str(cluster)): 0 for cluster in clusters} | {("group", group): 0 for group in groups if group}
    numbers = {node: count + position for position, node in enumerate(nodes)}
    images, links = [], []
    for image, (group, cluster) in enumerate(zip(groups, clusters, strict=True)):
        images.append(image)
        links.append(numbers[("cluster", str(cluster))])
        if group:
            images.append(image)
            links.append(numbers[("group", group)])
    size = count + len(numbers)
    graph = coo_array((np.ones(len(images), dtype=np.int8), (images, links)), shape=(size, size))
    components = connected_components(graph, directed=False)[1][:count].tolist()
    names: dict[int, str] = {}
    for component, group in zip(components, groups, strict=True):
        if group:
            names[component] = min(group, names.get(component, group))
    taken = set(groups)
    for image, component in enumerate(components):
        if component not in names:
            name = f"images-{image}"
            while name in taken:
                name += "-"
            names[component] = name
    return tuple(names[component] for component in components)
