import pytest

from medimage.hidden_credentials import hide_credentials


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://anna:pa55@mlflow.example:5000/x", "http://***@mlflow.example:5000/x"),
        ("https://t0ken@mlflow.example", "https://***@mlflow.example"),
        ("http://anna:p@55@mlflow.example", "http://***@mlflow.example"),
        ("postgresql+psycopg2://anna:pa55@db/mlflow", "postgresql+psycopg2://***@db/mlflow"),
        ("postgresql://db/x?user=anna&password=pa55&sslmode=on", "postgresql://db/x?user=***&password=***&sslmode=on"),
        ("postgresql://anna:pa/55@db/mlflow", "postgresql://***@db/mlflow"),
        ("postgresql://anna:pa'55@db/x", "postgresql://***@db/x"),
        (
            "https://one/x?access_token=abc&client_secret=d&api-key=e",
            "https://one/x?access_token=***&client_secret=***&api-key=***",
        ),
        ("mssql+pyodbc:///?odbc_connect=UID%3Danna%3BPWD%3Dpa55", "mssql+pyodbc:///?odbc_connect=***"),
        ("http://one?mail=a@b", "http://one?mail=a@b"),
        ("http://one:5000/people@home", "http://one:5000/people@home"),
        ("http://mlflow.example:5000", "http://mlflow.example:5000"),
        ("http://mlflow.example/people@home", "http://mlflow.example/people@home"),
        ("sqlite:////home/anna@work/mlflow.db", "sqlite:////home/anna@work/mlflow.db"),
    ],
)
def test_an_address_shows_no_credentials(address: str, shown: str) -> None:
    assert hide_credentials(address) == shown


def test_a_text_that_quotes_addresses_shows_none_either() -> None:
    text = "API request to http://anna:pa55@one/api failed: no answer from 'https://t0ken@two/x' either"
    shown = hide_credentials(text)
    assert "pa55" not in shown
    assert "t0ken" not in shown
    assert shown.startswith("API request to http://***@one/api failed")
