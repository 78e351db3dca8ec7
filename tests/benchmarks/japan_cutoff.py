"""CPU of the whole process ``plan solve`` on Japan's cutoff, against a bare script that solves the same matrix.

Run: ``python tests/benchmarks/japan_cutoff.py [ROUNDS]``. The bare script imports highspy, numpy and pandas, reads the same
program from an .mps file and solves it. Rounds are interleaved, so that a noisy machine disturbs both; ratios come from one run.
Targets: ``plan --help`` within 0.25 s of CPU, ``plan solve`` within three times the bare script.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAN = str(Path(sys.executable).with_name("plan"))
SCENARIO = str(ROOT / "scenarios" / "japan" / "cutoff.yaml")
BARE = """
import sys
import highspy, numpy, pandas
solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
solver.setOptionValue("threads", 1)
solver.readModel(sys.argv[1])
solver.run()
print(solver.getObjectiveValue())
"""


def cpu(command: list[str], cwd: str) -> float:
    """CPU seconds, user and system, of a process and its children."""
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime


def main(rounds: int = 7) -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        mps = str(Path(folder) / "cutoff.mps")
        commands = {
            "bare": [sys.executable, "-c", BARE, mps],
            "plan --help": [PLAN, "--help"],
            "plan check": [PLAN, "check", SCENARIO],
            "plan solve": [PLAN, "solve", SCENARIO, "--out", str(Path(folder) / "plan")],
        }
        cpu([*commands["plan solve"], "--mps", mps], folder)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(cpu(command, folder))
        print(f"{'':12} {'min':>7} {'median':>7} {'max':>7}   CPU seconds, {rounds} rounds")
        for name, seconds in times.items():
            print(f"{name:12} {min(seconds):7.3f} {statistics.median(seconds):7.3f} {max(seconds):7.3f}")
        ratios = sorted(solve / bare for solve, bare in zip(times["plan solve"], times["bare"], strict=True))
        print(f"plan solve / bare: {ratios[0]:.2f} min, {statistics.median(ratios):.2f} median, {ratios[-1]:.2f} max (target 3)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
