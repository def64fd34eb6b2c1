"""Checks that what the documents name exists: files and folders in backquotes, make targets, links to files."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.M))
problems = []
for name in sys.argv[1:]:
    text = (root / name).read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)", text):
        if target not in targets:
            problems.append(f"{name}: there is no `make {target}`")
    rooms = "Contracts|Lifecycle|Daemons|Tools|Tests|scripts|docs|examples"
    for path in re.findall(rf"`((?:{rooms})/[A-Za-z0-9_./-]*)`", text):
        if not (root / path).exists():
            problems.append(f"{name}: there is no {path}")
    for path in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        if not (root / path).exists():
            problems.append(f"{name}: link to {path}, which does not exist")
example = (root / "Tests/ReadmeExample/main.swift").read_text(encoding="utf-8").strip()
if example not in (root / "README.md").read_text(encoding="utf-8"):
    problems.append("README.md: its Swift example is not Tests/ReadmeExample/main.swift, which the tests build and run")
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
