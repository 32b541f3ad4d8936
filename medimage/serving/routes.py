"""The addresses that the service answers at; everything else is not found, and is counted under no name of its own."""

READ, WRITE = frozenset({"GET", "HEAD"}), frozenset({"POST"})

PREDICT = "/predict"

EXPLAIN = "/explain"

FEEDBACK = "/feedback"

UPLOADS = frozenset({PREDICT, EXPLAIN})
"""Where images are sent to be worked on."""

PROBES = ("/livez", "/healthz", "/readyz")
"""For orchestrators, which have no token."""

PAGES = ("/", "/docs", "/docs.json")
"""What a browser loads before a person could give a token; they tell nothing of the model."""

DOCS_STYLE, DOCS_SCRIPT = "/static_content/swagger-ui.css", "/static_content/swagger-ui-bundle.js"

DOCS_FILES = (DOCS_STYLE, DOCS_SCRIPT)
"""What the page `/docs` is made of; BentoML brings them."""

METHODS: dict[str, frozenset[str]] = {
    **dict.fromkeys((*UPLOADS, FEEDBACK), WRITE),
    **dict.fromkeys((*PROBES, *PAGES, *DOCS_FILES, "/card", "/health", "/metrics"), READ),
}
"""Methods by path. What BentoML would answer beside them is refused: what it adds is closed until it stands here and in
the description of the interface."""

OPEN = frozenset((*PROBES, *PAGES, *DOCS_FILES))
"""Paths that are answered without a token where tokens are asked for."""
