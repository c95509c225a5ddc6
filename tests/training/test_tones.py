"""How the colours of bare limbs differ from faces."""

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from app.domain.framing import LANDMARKS
from models.training.tryon.tones import gaps

FACE, ARM = (224, 180, 150), (240, 200, 170)


def test_an_arm_is_compared_with_the_face() -> None:
    points = np.zeros((13, 3), np.float32)
    for name, at in {
        "nose": (100, 40), "left_shoulder": (130, 80), "right_shoulder": (70, 80),
        "left_hip": (120, 200), "right_hip": (80, 200), "left_elbow": (150, 140),
        "left_wrist": (160, 200), "right_elbow": (50, 140), "right_wrist": (40, 200),
    }.items():  # fmt: skip
        points[LANDMARKS.index(name)] = (*at, 1)
    photo = np.full((300, 200, 3), 60, np.uint8)
    skin = np.zeros((300, 200), np.bool_)
    skin[25:60, 85:115] = skin[140:200, 148:164] = True
    photo[25:60, 85:115], photo[140:200, 148:164] = FACE, ARM
    ((kind, gap),) = gaps(photo, skin, points)
    light = cv2.cvtColor(np.float32([[FACE, ARM]]) / 255, cv2.COLOR_RGB2LAB)[0]
    assert kind == "forearms"
    assert gap == pytest.approx(light[1] - light[0], abs=0.5)
