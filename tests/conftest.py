from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("harness", "buildkit")

settings.register_profile("dockmend", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dockmend")
