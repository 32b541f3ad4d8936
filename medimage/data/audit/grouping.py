"""Which images must stay together: those of one patient, and those that show the same thing."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy


def combine_groups(groups: Sequence[str], clusters: Sequence[int]) -> tuple[str, ...]:
    """Joins groups that share a duplicate cluster, and clusters that share a group.

    Args:
        groups: Patient, lesion or study of each image; empty where unknown.
        clusters: Duplicate cluster of each image.

    Returns:
        One name per image. Images with the same name must stay on one side of every split. The name is that of
        the known groups in it which is first in the alphabet, or `images-N` where no group is known, N being the
        position of its first image; where a known group is called so itself, the name is lengthened.

    Raises:
        ValueError: If there are not as many groups as clusters.
    """
    if len(groups) != len(clusters):
        raise ValueError(f"Expected a cluster for each of {len(groups)} images but got {len(clusters)}")
    if not groups:
        return ()
    count = len(groups)
    names = np.asarray(groups, dtype=object)
    known = np.flatnonzero(names != "")
    cluster_numbers = np.unique(np.asarray(clusters, dtype=np.int64), return_inverse=True)[1]
    group_numbers, distinct = pd.factorize(names[known])
    # A graph of images, clusters and groups, in which each image is tied to its cluster and its group.
    first_group = count + int(cluster_numbers.max()) + 1
    images = np.concatenate([np.arange(count), known])
    links = np.concatenate([count + cluster_numbers, first_group + group_numbers])
    size = first_group + len(distinct)
    graph = scipy.sparse.coo_array((np.ones(len(images), dtype=np.int8), (images, links)), shape=(size, size))
    components = scipy.sparse.csgraph.connected_components(graph, directed=False)[1][:count]
    name_of = pd.Series(names[known]).groupby(components[known]).min().to_dict()
    taken = set(groups)
    unnamed, first_images = np.unique(components, return_index=True)
    for component, image in zip(unnamed.tolist(), first_images.tolist(), strict=True):
        if component not in name_of:
            name = f"images-{image}"
            while name in taken:
                name += "-"
            name_of[component] = name
    return tuple(name_of[component] for component in components.tolist())
