#!/usr/bin/env python3
"""Writes published_models.jsonl from the official models of the API (the Python package `daytona-api-client`).

    python3 tests/wire/data/published_models.py

For every version it makes a virtual environment in a temporary folder, installs the package with pip, and asks the
models themselves which fields they require, which words their lists have, and how they write an instance with every
field and one with only the required fields. A line of the result is a version at which something changed: it has only
the models and word lists that differ from the version before, and names the following versions at which nothing changed.
"""

import datetime
import enum
import importlib
import json
import pathlib
import pkgutil
import subprocess
import sys
import tempfile
import typing
import venv

PACKAGE = "daytona-api-client"
VERSIONS = """
    0.190.0 0.190.1 0.191.0 0.192.0 0.193.0 0.194.0 0.195.0 0.196.0 0.197.0 0.198.0 0.199.0 0.200.0 0.200.1 0.200.2
    0.201.0 0.202.0 0.203.0 0.204.0 0.205.0 0.205.1 0.207.0 0.207.1 0.210.0 0.211.2 0.214.0 0.215.0 0.216.0 0.216.1
    0.217.0 0.218.0 0.220.0 0.222.0 0.223.0 0.223.1 0.224.0 0.224.1 0.225.0 0.226.0 0.226.1
""".split()
MODELS = """
    Sandbox SandboxListItem ListSandboxesResponse PaginatedSandboxesDeprecated SandboxVolume BuildInfo CreateSandbox
    CreateBuildInfo ResizeSandbox UpdateSandboxStateDto CreateSandboxSnapshot ForkSandbox UpdateSandboxNetworkSettings
    SandboxLabels SandboxCreatedWebhook SandboxStateUpdatedWebhook
""".split()
WORD_LISTS = "SandboxState SandboxDesiredState SandboxClass GpuType WebhookEvent".split()
# The generator of the models adds it to every list, for words that a client does not know. The API never sends it.
NOT_A_WORD = "unknown_default_open_api"
TIME = "2024-10-01T12:00:00Z"
# Texts that have a form. Every other text is the name of its field.
TEXTS = {
    "networkAllowList": "10.0.0.0/8",
    "domainAllowList": "example.com",
    "backupState": "None",
    "sandboxClass": "container",
    "state": "started",
}


def wire_name(name, field):
    return field.serialization_alias or field.alias or name


def example(kind, name, full):
    """Returns a value of this type for the field of this name."""
    inner = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return example(inner[0], name, full)
    if origin is typing.Union:
        given = [option for option in inner if option is not type(None)]
        return example(int if int in map(plain, given) else given[0], name, full)
    if origin is list:
        return [example(inner[0], name, full)]
    if origin is dict:
        return {"A": example(inner[1], "value of A", full)}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    if hasattr(kind, "model_fields"):
        return instance(kind, full)
    if kind is bool:
        return True
    if kind is int or kind is float:
        return 1
    if kind is str:
        return TIME if name.endswith("At") else TEXTS.get(name, name)
    if kind is datetime.datetime:
        return datetime.datetime.fromisoformat(TIME)
    sys.exit(f"no example of {kind} for {name}")


def plain(kind):
    """Returns the type behind pydantic's annotations, such as `int` for `StrictInt`."""
    return plain(typing.get_args(kind)[0]) if typing.get_origin(kind) is typing.Annotated else kind


def instance(model, full):
    """Returns an instance with every field, or with the required ones. A required field that may be null is null."""
    values = {}
    for name, field in model.model_fields.items():
        if name == "additional_properties" or not (full or field.is_required()):
            continue
        nullable = type(None) in typing.get_args(field.annotation)
        values[name] = None if nullable and not full else example(field.annotation, wire_name(name, field), full)
    return model(**values)


def described(model):
    fields = {wire_name(name, field): field for name, field in model.model_fields.items()}
    fields.pop("additional_properties", None)
    return {
        "required": [name for name, field in fields.items() if field.is_required()],
        "optional": [name for name, field in fields.items() if not field.is_required()],
        "minimal": json.loads(instance(model, False).to_json()),
        "full": json.loads(instance(model, True).to_json()),
    }


def ask():
    """Prints the models and word lists of the installed version."""
    models = importlib.import_module("daytona_api_client.models")
    found = {}
    for module in pkgutil.iter_modules(models.__path__):
        module = importlib.import_module(f"{models.__name__}.{module.name}")
        own = {name: item for name, item in vars(module).items() if getattr(item, "__module__", "") == module.__name__}
        found.update(own)
    answer = {
        "models": {name: described(found[name]) for name in MODELS if name in found},
        "words": {
            name: [word.value for word in found[name] if word.value != NOT_A_WORD]
            for name in WORD_LISTS
            if name in found
        },
    }
    json.dump(answer, sys.stdout)


def answer_of(version):
    """Installs a version in a virtual environment of its own, and returns its answer."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = pathlib.Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"{PACKAGE}=={version}"], check=True)
        answer = subprocess.run([python, __file__, "ask"], check=True, capture_output=True, text=True)
        return json.loads(answer.stdout)


def changes(before, now):
    return {name: described for name, described in now.items() if before.get(name) != described}


def main():
    lines, before = [], {"models": {}, "words": {}}
    for version in VERSIONS:
        now = answer_of(version)
        gone = [name for kind in before for name in before[kind] if name not in now[kind]]
        changed = {kind: changes(before[kind], now[kind]) for kind in now}
        if gone or any(changed.values()):
            lines.append({"version": version, "same": [], "gone": gone, **changed})
        else:
            lines[-1]["same"].append(version)
        before = now
        print(version, file=sys.stderr)
    target = pathlib.Path(__file__).with_suffix(".jsonl")
    target.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


if __name__ == "__main__":
    ask() if sys.argv[1:] == ["ask"] else main()
