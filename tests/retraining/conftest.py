from tests.registry.conftest import database, empty_database, proxy, tracking_server, tracking_uri

__all__ = ["database", "empty_database", "proxy", "tracking_server", "tracking_uri"]
