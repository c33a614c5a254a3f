"""Charts of figures with their intervals."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import altair as alt

from app_pages._measured import Bar

__all__ = ["intervals"]

_INK = ("#0f1216", "#e8e6e1")  # textColor of the two themes in .streamlit/config.toml
_STEP = 44  # pixels a figure: its name, and the figure below


def intervals(
    found: Sequence[Bar], *, dark: bool = False, differences: bool = False
) -> alt.LayerChart:
    """A point with its interval for each figure, its name above, so that it fits any width.

    Shares lie between 0 and 1; differences between -1 and 1, around a line at 0.
    """
    sign = "+" if differences else ""
    rows: list[dict[str, Any]] = [
        {**asdict(bar), "label": f"{bar.name}: {bar.value:{sign}.2f}", "kind": "figure"}
        for bar in found
    ]
    widest = max((abs(edge) for bar in found for edge in (bar.low, bar.high)), default=1.0)
    reach = min(1.0, max(0.1, widest)) if differences else 1.0
    domain = [-reach if differences else 0, reach]
    x = alt.X(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(tickCount=5, format="+.2f" if differences else ".1f"),
    )
    # The names stand above the points, inside the chart: beside them they would leave no room on a
    # narrow screen. In the text's colour: that of an axis is too pale to be read by everybody.
    names = alt.Axis(
        labelAlign="left", labelPadding=0, labelOffset=-17, labelLimit=1000, labelFontSize=13,
        labelColor=_INK[dark], domain=False, ticks=False, grid=False,
    )  # fmt: skip
    y = alt.Y("label:N", sort=None, axis=names, title=None, scale=alt.Scale(paddingOuter=0.6))
    tips = [alt.Tooltip("name:N", title="Measure"), alt.Tooltip("said:N", title="Value")]
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y, tooltip=tips)
    # One category: so that it is drawn in the theme's colour, light or dark.
    colour = alt.Color("kind:N", legend=None)
    line = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        x=alt.X("low:Q", scale=alt.Scale(domain=domain, nice=False)), x2="high:Q", color=colour
    )
    point = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, color=colour)
    layers = [line, point]
    if differences:
        zero = alt.Chart(alt.InlineData(values=[{"value": 0}]))
        layers.insert(0, zero.mark_rule(strokeDash=[3, 3], color="#8a8f98").encode(x=x))
    return alt.LayerChart(layer=layers, height=_STEP * len(rows) + 20)
