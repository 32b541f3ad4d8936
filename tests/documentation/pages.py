"""What pages tell a reader to write into files."""

import re

from tests.conftest import PROJECT

_FILE = re.compile(r'^```yaml title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)


def written_files(page: str) -> dict[str, str]:
    """Returns name → text of the YAML files that a page shows whole."""
    return dict(_FILE.findall((PROJECT / page).read_text(encoding="utf-8")))
