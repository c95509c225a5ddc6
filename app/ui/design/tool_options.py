"""The strip above the canvas: size of the brush, pen pressure, mirror."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QSlider, QWidget

from app.domain.brush import MAX_DIAMETER, MIN_DIAMETER
from app.ui.design.canvas import LabelCanvas
from app.ui.design.fields import NumberBox
from app.ui.design.tool_bar import action_button

# Exponents of the pressure curve.
_CURVES = {"Soft pen": 0.6, "Even pen": 1.0, "Firm pen": 1.8}
_STEPS = 400  # of the slider; logarithmic, so that small sizes are as easy to hit as large ones
_SIZED = ("brush", "eraser", "line")


def _to_slider(size: float) -> int:
    return round(_STEPS * math.log(size / MIN_DIAMETER) / math.log(MAX_DIAMETER / MIN_DIAMETER))


def _from_slider(position: int) -> int:
    return round(MIN_DIAMETER * math.pow(MAX_DIAMETER / MIN_DIAMETER, position / _STEPS))


class ToolOptions(QFrame):
    """Shows and changes the choices of a canvas; follows when they change elsewhere."""

    def __init__(
        self, canvas: LabelCanvas, actions: list[QAction], parent: QWidget | None = None
    ) -> None:
        """Use the actions of `build_canvas_actions(canvas)`."""
        super().__init__(parent)
        self._canvas = canvas
        self.setProperty("role", "strip")
        by_name = {action.objectName(): action for action in actions}
        self._label = QLabel("Size", self)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setObjectName("options.size_slider")
        self._slider.setRange(0, _STEPS)
        self._slider.setPageStep(_STEPS // 10)
        self._slider.setMinimumWidth(90)
        self._slider.setMaximumWidth(180)
        self._slider.setToolTip("Diameter of the brush ([ and ])")
        self._spin = NumberBox(self)
        self._spin.setObjectName("options.size")
        self._spin.setRange(MIN_DIAMETER, MAX_DIAMETER)
        self._spin.setSuffix(" px")
        self._spin.setKeyboardTracking(False)
        self._spin.setToolTip(self._slider.toolTip())
        self._curve = QComboBox(self)
        self._curve.setObjectName("options.pressure_curve")
        self._curve.addItems(list(_CURVES))
        self._curve.setToolTip("How the brush answers to the pressure of the pen")
        self._slider.valueChanged.connect(lambda at: canvas.set_brush_size(_from_slider(at)))
        self._spin.valueChanged.connect(canvas.set_brush_size)
        self._spin.editingFinished.connect(canvas.setFocus)
        self._curve.activated.connect(self._choose_curve)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 10, 3)
        row.setSpacing(6)
        self._pressure = by_name["brush.pressure"]
        row.addWidget(self._label)
        row.addWidget(self._slider, 1)
        row.addWidget(self._spin)
        row.addSpacing(8)
        row.addWidget(action_button(self._pressure, self))
        row.addWidget(self._curve)
        row.addSpacing(8)
        row.addWidget(action_button(by_name["mirror.on"], self))
        row.addWidget(action_button(by_name["mirror.centre"], self))
        row.addStretch(1)
        canvas.brush_changed.connect(self._show_size)
        canvas.pressure_changed.connect(self._show_pressure)
        canvas.tool_changed.connect(self._show_tool)
        self._show_size(canvas.easel.size)
        self._show_pressure(canvas.easel.pressure, canvas.easel.curve)
        self._show_tool(canvas.tool())

    def _show_size(self, size: float) -> None:
        with QSignalBlocker(self._slider), QSignalBlocker(self._spin):
            self._slider.setValue(_to_slider(size))
            self._spin.setValue(round(size))

    def _show_pressure(self, on: bool, exponent: float) -> None:
        curves = list(_CURVES.values())
        nearest = min(range(len(curves)), key=lambda index: abs(curves[index] - exponent))
        self._curve.setCurrentIndex(nearest)
        self._curve.setEnabled(on and self._canvas.tool() in _SIZED)

    def _choose_curve(self, index: int) -> None:
        self._canvas.set_pressure_curve(list(_CURVES.values())[index])

    def _show_tool(self, name: str) -> None:
        sized = name in _SIZED
        for widget in (self._label, self._slider, self._spin):
            widget.setEnabled(sized)
        self._pressure.setEnabled(sized)
        self._curve.setEnabled(sized and self._canvas.easel.pressure)
