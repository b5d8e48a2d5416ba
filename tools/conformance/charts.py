"""Which charts, written for the purpose, does `helm template` have to be equalled on?

Each is small and about one thing that Helm does.
"""

from __future__ import annotations

from tools.conformance.chart_output import OUTPUT
from tools.conformance.chart_parts import PARTS
from tools.conformance.chart_values import VALUES
from tools.conformance.written import Written

CHARTS: tuple[Written, ...] = (*VALUES, *PARTS, *OUTPUT)
