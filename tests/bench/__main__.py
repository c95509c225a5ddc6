"""`python -m tests.bench [NAME ...]`: every measurement in turn, each in a process of its own.

A fresh process keeps one measurement's memory, threads and loaded libraries out of the next.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def main() -> int:
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    wanted = sys.argv[1:] or found
    unknown = [name for name in wanted if name not in found]
    if unknown:
        print(f"There is no measurement {', '.join(unknown)}; there are: {', '.join(found)}.")
        return 2
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    failed = []
    for name in wanted:
        print(f"\n## {name}", flush=True)
        code = f"from tests.bench.bench_{name} import main; main()"
        if subprocess.call([sys.executable, "-c", code], cwd=ROOT, env=environment) != 0:
            failed.append(name)
    if failed:
        print(f"\nDid not run to the end: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
