"""The audit of what the image ships: weaknesses and packages of which nothing is known fail it, and an index without
advisories is told."""

from deployment.audit import Package, verdict

SOUND: Package = {"name": "httpx", "version": "0.28.1", "vulns": []}
WEAK: Package = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"], "aliases": [], "description": "It ran code."}],
}
UNKNOWN: Package = {"name": "here", "skip_reason": "Dependency not found on PyPI and could not be audited: here (1.0)"}


def test_packages_without_a_known_weakness_pass() -> None:
    assert verdict([SOUND]) == (["No weakness is known of what the image ships."], True)


def test_a_known_weakness_fails_with_the_version_that_mends_it() -> None:
    (sentence,), good = verdict([SOUND, WEAK])
    assert sentence == "jinja2 2.4.1 has PYSEC-2014-8: mended in 2.7.2; make lock takes newer versions."
    assert not good


def test_a_part_of_which_nothing_is_known_fails() -> None:
    (sentence,), good = verdict([SOUND, UNKNOWN])
    assert "Nothing is known of here." in sentence
    assert not good


def test_an_index_without_any_advisories_is_told() -> None:
    (sentence,), good = verdict([UNKNOWN, UNKNOWN])
    assert sentence.startswith("NOT AUDITED: ")
    assert good
