"""The helpers in ``_utils`` are imported by their bare names, as Salt's loader does."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "_utils"))
