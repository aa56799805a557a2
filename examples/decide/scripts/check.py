#!/usr/bin/env python3
"""Checks the port of `port.py` in two ways.

    check.py vectors    against the vectors
    check.py rows       against the program `decide`, on rows that hypothesis generates
    check.py faults     only lists the faults that can be planted

`--fault NAME` plants a fault in the port. Exit status: 0 the port agrees, 1 it does not (and a counter-example is printed),
2 a wrong argument. The second way needs the package hypothesis.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from port import FAULTS, Port

VECTORS = Path(__file__).resolve().parents[3] / "vectors"


def lines(file):
    with open(file, encoding="utf-8") as text:
        return [json.loads(line) for line in text]


def defaults_of(folder):
    """The default of each column. A column that may be empty and has no default is empty."""
    return {line["word"]: line["default"] for line in lines(folder / "vocabulary.jsonl") if line["list"] == "column"}


def comparable(answer):
    """An answer without what only people read: messages and advice."""
    if "refusal" in answer:
        return {"refusal": {name: answer["refusal"][name] for name in ("code", "http")}}
    return answer


def disagreement(question, expected, found):
    """The question and the parts of the answers that differ, in a few lines."""
    said = [f"  {name}: {json.dumps(value)}" for name, value in question.items() if name not in ("ask", "policy")]
    (kind, wanted), (other, got) = *expected.items(), *found.items()
    if kind != other:
        return [*said, f"  expected {json.dumps(expected)}", f"  found    {json.dumps(found)}"]
    for part in wanted:
        if wanted[part] != got[part]:
            said += [f"  {part}: expected {json.dumps(wanted[part])}", f"  {part}: found    {json.dumps(got[part])}"]
    return said


def check_vectors(arguments):
    folder = VECTORS / "0.226"
    port, checked = Port(defaults_of(folder), arguments.fault), 0
    for line in lines(folder / "decide.jsonl"):
        found = port.decide(line["question"])
        if found is None:
            continue
        checked += 1
        expected = comparable(line["answer"])
        if found != expected:
            print("\n".join([line["id"], *disagreement(line["question"], expected, found)]))
            return 1
    print(f"the port agrees with {checked} lines of the vectors")
    return 0 if checked else 1


def check_rows(arguments):
    from hypothesis import HealthCheck, given, settings
    from rows import questions

    port = Port(defaults_of(VECTORS / "0.226"), arguments.fault)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    kinds, smallest = {}, []
    with subprocess.Popen([arguments.decide], text=True, **pipes) as decide:

        @settings(
            max_examples=arguments.examples,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        @given(questions(port.defaults))
        def the_port_agrees(question):
            print(json.dumps(question), file=decide.stdin, flush=True)
            answer = json.loads(decide.stdout.readline())
            assert "error" not in answer, answer
            expected, found = comparable(answer), port.decide(question)
            kind = expected.get("refusal", {}).get("code") or ("a step" if expected["step"]["changes"] else "no change")
            kinds[kind] = kinds.get(kind, 0) + 1
            if expected != found:
                smallest[:] = [(question, expected, found)]  # Hypothesis tries the smallest one last.
                raise AssertionError

        try:
            the_port_agrees()
        except AssertionError as error:
            if not smallest:
                print(error)
                return 1
            print("\n".join(["the smallest question that the port answers otherwise:", *disagreement(*smallest[0])]))
            return 1
        finally:
            decide.stdin.close()
    reached = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    print(f"the port agrees with the program: {reached}")
    return 0


def main():
    parser = argparse.ArgumentParser(description="Checks a port of some rules.")
    ways = parser.add_subparsers(dest="way", required=True)
    vectors = ways.add_parser("vectors", help="against the vectors")
    rows = ways.add_parser("rows", help="against the program, on generated rows")
    ways.add_parser("faults", help="list the faults that can be planted")
    rows.add_argument("--decide", default="target/debug/decide", help="the program")
    rows.add_argument("--examples", type=int, default=1000, help="how many questions")
    for way in (vectors, rows):
        way.add_argument("--fault", choices=FAULTS, help="plant a fault")
    arguments = parser.parse_args()
    match arguments.way:
        case "vectors":
            return check_vectors(arguments)
        case "rows":
            return check_rows(arguments)
    print("\n".join(FAULTS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
