"""Objects as tables: readable as text and in a notebook, whatever users named, and never an error."""

from lfads.checks import UserError
from lfads.tables import Table, html_of, text_of


def test_what_users_named_is_escaped():
    shown = html_of("Run", lambda: [Table([("a<b", "<script>")]), "x & y"])
    assert "a&lt;b" in shown
    assert "x &amp; y" in shown
    assert "<script>" not in shown


def test_colours_are_those_of_the_page():
    shown = html_of("Run", lambda: [Table([("name", "value"), ("a", "b")], has_header=True)])
    assert "color:inherit" in shown
    assert "background:none" in shown
    assert "#" not in shown


def test_what_cannot_be_shown_is_a_sentence():
    def fails():
        raise UserError("<file> is damaged: delete it.")

    assert text_of(fails) == "cannot be shown: <file> is damaged: delete it"
    assert "cannot be shown: &lt;file&gt; is damaged" in html_of("Run", fails)
    assert text_of(lambda: {}["best_epoch"]) == "cannot be shown: KeyError: 'best_epoch'"
