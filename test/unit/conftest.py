"""The helpers in ``_utils`` are imported by their bare names, as Salt's loader does."""

import pathlib
import sys

import hypothesis

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "_utils"))

# a busy machine is no failure
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")
