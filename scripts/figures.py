"""Puts the tables of a run into docs/performance.md: python3 scripts/figures.py RUN, where RUN is what `make bench` printed.

Each table replaces the first code block in the section that has its name.
"""

import pathlib
import re
import sys

if len(sys.argv) != 2:
    sys.exit(__doc__)
printed = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
page = pathlib.Path(__file__).resolve().parent.parent / "docs/performance.md"
text = page.read_text(encoding="utf-8")

start = re.search(r"^.*, \d+ cores, Linux .*$", printed, re.M)
if start is None:
    sys.exit(f"{sys.argv[1]} is not what rbee-bench prints: it has no line that names the machine")
blocks = printed[start.start() :].split("\n\n")
tables = {"machine": blocks[0]}
for block in blocks[1:]:
    name, _, table = block.partition("\n")
    if re.fullmatch(r"[a-z]+", name):
        tables[name] = re.sub(r"(?m)^  ", "", table)
for name, table in tables.items():
    block = re.compile(rf"(?ms)(^## {name}\n(?:(?!^## ).)*?^```text\n).*?(^```$)")
    text, count = block.subn(lambda match: match[1] + table.rstrip("\n") + "\n" + match[2], text, count=1)
    if count == 0:
        sys.exit(f"docs/performance.md has no code block in a section {name}")
page.write_text(text, encoding="utf-8")
