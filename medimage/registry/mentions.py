"""Every text of the registry that may name a run."""

from medimage.registry.find_models import registered_models
from medimage.registry.look_up import versions_of
from medimage.registry.tracking_server import open_client, registry_errors


def registry_mentions() -> frozenset[str]:
    """Returns the values of all tags of all registered models and their versions, whatever their aliases.

    By them, a version names the run that trained it, and those that judged it on other images since.

    Raises:
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    models = registered_models()
    if not models:
        return frozenset()
    client = open_client()
    with registry_errors("The registered models cannot be asked for their runs"):
        texts = {value for model in models.values() for value in model.tags.values()}
        for name in models:
            for listed in versions_of(client, name):
                # A listing may leave out tags that were set later; the version itself has all.
                version = client.get_model_version(name, str(listed.version))
                texts.update((*version.tags.values(), version.run_id or "", version.source or ""))
    return frozenset(texts)
