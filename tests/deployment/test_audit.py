"""The audit of what the image ships: a known weakness fails it, and what an index knows nothing of is told."""

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


def test_what_the_index_knows_nothing_of_is_told_and_hides_no_weakness() -> None:
    (sentence,), good = verdict([SOUND, UNKNOWN])
    assert sentence.startswith("NOT AUDITED: ")
    assert "no advisories for here." in sentence
    assert good
    sentences, good = verdict([WEAK, UNKNOWN])
    assert (len(sentences), good) == (2, False)


def test_an_index_without_any_advisories_is_told() -> None:
    (sentence,), good = verdict([UNKNOWN, UNKNOWN])
    assert "for any of 2 packages" in sentence
    assert good
