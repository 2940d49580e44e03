"""All parsers of foreign input by name, for the suite that holds each of them to what it says."""

from collections.abc import Mapping

from tests.suites.parsers.answers import ANSWER_PARSERS
from tests.suites.parsers.files import FILE_PARSERS
from tests.suites.parsers.parser import Parser
from tests.suites.parsers.requests import REQUEST_PARSERS
from tests.suites.parsers.settings import SETTING_PARSERS

PARSERS: Mapping[str, Parser] = {**REQUEST_PARSERS, **FILE_PARSERS, **SETTING_PARSERS, **ANSWER_PARSERS}
