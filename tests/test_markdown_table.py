from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from medimage.markdown_table import markdown_table

HEADER = ("name", "value")


@given(st.lists(st.tuples(st.text("ab|\\\n ", max_size=6), st.text("1|.", max_size=4)), max_size=4))
def test_a_table_has_its_rows_and_columns_whatever_stands_in_its_cells(rows: list[tuple[str, str]]) -> None:
    text = "\n".join(markdown_table(HEADER, rows, numbers=("value",)))
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<th") - html.count("<thead") == 2
    assert html.count("<tr>") == 1 + len(rows)
    assert html.count("<td") == 2 * len(rows)
    assert html.count('style="text-align:right"') == 1 + len(rows)
