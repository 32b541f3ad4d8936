"""Which versions of their tables the installed ZenML and MLflow know."""

from importlib.resources import files
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory


def known_revisions() -> dict[str, frozenset[str]]:
    """Returns the revisions by the name of the database's file: those that can be read, or migrated from."""
    return {
        "zenml.db": _revisions(Path(str(files("zenml"))) / "zen_stores" / "migrations"),
        "mlflow.db": _revisions(Path(str(files("mlflow"))) / "store" / "db_migrations"),
    }


def _revisions(folder: Path) -> frozenset[str]:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
