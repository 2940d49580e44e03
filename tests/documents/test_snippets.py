"""Snippets are cut out of documents, and compared with what they show, as a reader would."""

from tests.documents.snippets import Snippet, shows, snippets, without

DOCUMENT = """
```sh
one
two \\
  three
# {"a": 1,
#  "b": 2}

four
```
```
a drawing
```
```python
five
```
"""


def test_a_shell_block_is_cut_after_each_paragraph_and_each_answer() -> None:
    assert [*without(snippets(DOCUMENT), [])] == [
        Snippet("sh", "one\ntwo \\\n  three", ' {"a": 1,   "b": 2}'),
        Snippet("sh", "four"),
        Snippet("python", "five"),
    ]


def test_numbers_may_differ_and_dots_stand_for_anything_and_words_must_agree() -> None:
    assert shows('{"id":"swp_01m85...","n":0.5, ...,"z":"x"}', '{"id":"swp_9z","n":-3e-07,"m":[1],"z":"x"}')
    assert not shows('{"n":0.5}', '{"n":0.5,"m":1}')
    assert not shows('{"n":0.5}', '{"k":0.5}')
    assert not shows('{"z":"x"}', '{"z":"y"}')
