"""The installer's scripts as modules: they import each other by name, as scripts do."""

import sys

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "installer"))
