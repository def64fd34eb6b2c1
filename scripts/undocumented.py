"""Lists the public declarations of a symbol graph that have no documentation comment; exits 1 if there is one."""

import json
import sys

# What the compiler or a protocol of the standard library names: its meaning is theirs.
GIVEN = {
    "encode(to:)", "init(from:)", "hash(into:)", "description", "hashValue", "rawValue", "init(rawValue:)", "==(_:_:)", "!=(_:_:)", "id",
    "unownedExecutor", "next()", "next(isolation:)", "makeAsyncIterator()",
}

with open(sys.argv[1], encoding="utf-8") as file:
    graph = json.load(file)
missing = []
for symbol in graph["symbols"]:
    path = symbol["pathComponents"]
    if "docComment" in symbol or path[-1] in GIVEN or symbol["kind"]["identifier"] == "swift.extension":
        continue
    if "location" not in symbol:
        continue
    # An initializer that only stores its parameters and an enum case whose parent says what it is need no sentence of their own.
    if symbol["kind"]["identifier"] in ("swift.init", "swift.enum.case"):
        continue
    missing.append((symbol["location"]["uri"].rsplit("/", 1)[-1], symbol["location"]["position"]["line"] + 1, ".".join(path)))
for file_name, line, name in sorted(missing):
    print(f"{file_name}:{line}: {name} is public and has no documentation comment", file=sys.stderr)
sys.exit(1 if missing else 0)
