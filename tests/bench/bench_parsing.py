"""A photograph to a label map: both looks at it, and the map at its own proportions."""

import os
import time

if hasattr(os, "sched_setaffinity"):  # two cores, whatever this machine has
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))

import cv2
import numpy as np

from app import wiring
from app.domain.cancel import CancelToken
from app.domain.errors import PackError
from app.domain.requests import ParseRequest
from app.inference.mannequin import mannequin

PHOTOS = ((384, 576), (1536, 2048), (3000, 4000))
ROUNDS = 10


def main() -> None:
    try:
        parser = wiring.open_parser("cpu")
    except PackError as error:
        print(error)
        return
    drawn = mannequin(*parser.frame).photo
    for width, height in PHOTOS:
        photo = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC)
        request = ParseRequest(np.dstack([photo, np.full((height, width), 255, np.uint8)]))
        parser(request, CancelToken())
        walls, works = [], []
        for _ in range(ROUNDS):
            wall, work = time.perf_counter(), time.process_time()
            parser(request, CancelToken())
            walls.append((time.perf_counter() - wall) * 1e3)
            works.append((time.process_time() - work) * 1e3)
        print(
            f"photo {width} × {height}: p50 {np.median(walls):.0f} ms, "
            f"p95 {np.percentile(walls, 95):.0f} ms; {np.median(works):.0f} ms of processor time"
        )
