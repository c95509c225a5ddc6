"""`python -m tests.domain.batch_killer KILLS ITEMS FOLDER SEED`: a batch killed again and again.

A process runs the batch and is killed (SIGKILL) at a random moment, the next one resumes, KILLS
times; then one runs to the end. Prints what is found: a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from app.domain.batch.journal import FOLDER
from app.domain.batch.order import Order
from tests.domain.batch_made import StandIn, made_order, outcomes, run, strays


def main(kills: int, items: int, folder: Path, seed: int) -> dict[str, int]:
    """Kill and resume; returns counts of what is whole, wrong, left over and done twice.

    "halves" are the temporary files that kills left, "before" the outcomes before the last run.
    """
    chance = random.Random(seed)
    people = max(1, items // 6)
    order = made_order(folder, people, items // people, template="{n} {person} {cloth}")
    pause = 0.01
    killed = halves = 0
    while killed < kills:
        child = os.fork()
        if child == 0:
            _work(order, pause)
        _wait(order, chance, killed * items // (kills + 1))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break  # it was done before: fewer kills are reported
        killed += 1
        halves += len(strays(order))
    before = len(outcomes(order))
    child = os.fork()
    if child == 0:
        _work(order, 0.0)
    os.waitpid(child, 0)
    return {"kills": killed, "halves": halves, "before": before, **examined(order)}


def _wait(order: Order, chance: random.Random, goal: int) -> None:
    """Until about ``goal`` outcomes are there, so that kills are spread over the batch; one in five
    comes while a process begins."""
    if chance.random() < 0.2:
        time.sleep(chance.random() * 0.1)
        return
    latest = time.monotonic() + 20
    while time.monotonic() < latest:
        if order.out.exists() and len(outcomes(order)) > goal:
            break
        time.sleep(0.002)
    time.sleep(chance.random() * 0.02)


def examined(order: Order) -> dict[str, int]:
    """What is in the output folder and its journal now."""
    db = sqlite3.connect(order.out / FOLDER / "journal.sqlite")
    rows = db.execute("SELECT person, cloth, outcome, state, written FROM items").fetchall()
    db.close()
    whole = wrong = 0
    for person, cloth, outcome, state, _ in rows:
        try:
            seen = np.asarray(Image.open(order.out / outcome))
        except OSError:
            wrong += 1
            continue
        first, second = (np.asarray(Image.open(path))[0, 0] for path in (person, cloth))
        good = (seen[0, 0, :3] == first).all() and (seen[12, 12, :3] == second).all()
        whole += bool(good and state == "done")
        wrong += not good
    return {
        "items": len(rows),
        "whole": whole,
        "wrong": wrong,
        "files": len(outcomes(order)),
        "twice": sum(written > 1 for *_, written in rows),
        "pairs": len({(row[0], row[1]) for row in rows}),
        "strays": len(strays(order)),
    }


def _work(order: Order, pause: float) -> None:
    """Run the batch in this process and end it without any tidying."""
    code = 1
    try:
        code = 0 if run(order, StandIn(seconds=pause), "resume").waiting == 0 else 2
    finally:
        os._exit(code)


if __name__ == "__main__":
    numbers = int(sys.argv[1]), int(sys.argv[2])
    print(json.dumps(main(*numbers, Path(sys.argv[3]), int(sys.argv[4]))))
