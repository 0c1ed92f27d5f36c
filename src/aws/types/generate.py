#!/usr/bin/env python3
"""Writes types.txt.zz and tags.txt from the public resource provider schemas of CloudFormation.

    generate.py CloudformationSchema.zip botocore-*.whl
    generate.py cfn_lint-*.whl botocore-*.whl

The first is what AWS publishes, one schema for each type, or cfn-lint's package (MIT-0), which holds the same
for each region; the second the service models of botocore (Apache-2.0), which name the types AWS Config records.

AWS publishes the archive at https://schema.cloudformation.us-east-1.amazonaws.com/CloudformationSchema.zip.
types.txt.zz holds a line for each type, `AWS::S3::Bucket {...}`, with the keys that mod.rs reads; tags.txt
holds what linting needs, `AWS::S3::Bucket Tags list`, and is not compressed, since it is read at each start.
"""
import gzip
import json
import pathlib
import re
import sys
import zipfile
import zlib

# As in ../names.rs: what AWS Config calls otherwise.
RENAMED = {
    "AWS::ACM::Certificate": "AWS::CertificateManager::Certificate",
    "AWS::IAM::Policy": "AWS::IAM::ManagedPolicy",
    "AWS::OpenSearch::Domain": "AWS::OpenSearchService::Domain",
}
REGION = "us-east-1"
DEPTH = 12


def schemas(archive):
    """Every schema of the archive."""
    with zipfile.ZipFile(archive) as files:
        names = files.namelist()
        index = f"cfnlint/data/schemas/providers/{REGION}.json"
        if index in names:
            for digest in json.loads(files.read(index)).values():
                yield json.loads(files.read(f"cfnlint/data/schemas/resources/{digest}.json"))
            return
        for name in names:
            if name.endswith(".json"):
                yield json.loads(files.read(name))


def recorded(archive):
    """The types AWS Config knows, in its own words."""
    with zipfile.ZipFile(archive) as files:
        names = [it for it in files.namelist() if re.fullmatch(r"botocore/data/config/[^/]*/service-2.json(.gz)?", it)]
        text = files.read(max(names))
    model = json.loads(gzip.decompress(text) if max(names).endswith(".gz") else text)
    return set(model["shapes"]["ResourceType"]["enum"])


def resolved(schema, node):
    """The node a `$ref` stands for."""
    for _ in range(DEPTH):
        reference = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        target = schema
        for part in reference[2:].split("/"):
            target = target.get(part, {}) if isinstance(target, dict) else {}
        node = target
    return node if isinstance(node, dict) else {}


def walk(schema, node, path, seen, visit):
    """Calls `visit` with every property below `node`, items as `*`."""
    reference = node.get("$ref") if isinstance(node, dict) else None
    if reference in seen or len(path) > DEPTH:
        return
    seen = seen | {reference} if reference else seen
    node = resolved(schema, node)
    if path:
        visit(path, node)
    for name, child in node.get("properties", {}).items():
        walk(schema, child, path + [name], seen, visit)
    if isinstance(node.get("items"), dict):
        walk(schema, node["items"], path + ["*"], seen, visit)
    for choice in ("oneOf", "anyOf", "allOf"):
        for child in node.get(choice, []):
            if isinstance(child, dict) and ("properties" in child or "$ref" in child or "items" in child):
                walk(schema, child, path, seen, visit)


def paths(schema, key):
    """The property paths under `key`, without `/properties/`, sorted."""
    found = {re.sub(r"/properties/|^/", "/", it.removeprefix("/properties")).strip("/") for it in schema.get(key, [])}
    return sorted(it for it in found if it)


def row(schema, is_recorded):
    """What mod.rs reads of one type."""
    unordered, defaults = set(), {}

    def visit(path, node):
        name = "/".join(path)
        if node.get("insertionOrder") is False:
            unordered.add(name)
        if "default" in node and "*" not in path and not isinstance(node["default"], (dict, list)):
            defaults[name] = node["default"]

    walk(schema, {"properties": schema.get("properties", {})}, [], frozenset(), visit)
    tagging = schema.get("tagging", {})
    handlers = schema.get("handlers", {})
    listing = handlers.get("list")
    out = {
        "properties": sorted(schema.get("properties", {})),
        "identifier": [it.removeprefix("/properties/") for it in schema["primaryIdentifier"]],
        "readOnly": paths(schema, "readOnlyProperties"),
        "writeOnly": paths(schema, "writeOnlyProperties"),
        "unordered": sorted(unordered),
        "defaults": dict(sorted(defaults.items())),
        "transformed": {
            re.sub(r"/properties/", "/", path.removeprefix("/properties")).strip("/"): expression
            for path, expression in schema.get("propertyTransform", {}).items()
        },
        "read": sorted(set(handlers["read"].get("permissions", []))) if "read" in handlers else None,
        "list": sorted(set(listing.get("permissions", []))) if listing else None,
        "listNeeds": sorted((listing or {}).get("handlerSchema", {}).get("required", [])),
        "recorded": is_recorded,
        "systemTags": bool(tagging.get("cloudFormationSystemTags")) if tagging.get("taggable") else False,
        "tags": (tagging.get("tagProperty") or "/properties/Tags").removeprefix("/properties/")
        if tagging.get("taggable")
        else None,
    }
    return {key: value for key, value in out.items() if value not in (None, [], {}, False)}


def tag_shape(schema):
    """`Tags list`, or nothing for a type that cannot be tagged."""
    tagging = schema.get("tagging", {})
    properties = schema.get("properties", {})
    taggable = tagging.get("taggable", schema.get("taggable", False))
    name = (tagging.get("tagProperty") or "/properties/Tags").removeprefix("/properties/")
    name = name.split("/")[0]
    node = resolved(schema, properties.get(name, {}))
    if not node and "TagSpecifications" in properties:
        # Of these the schemas say that they cannot be tagged, since the tags go to what they make.
        return "TagSpecifications specifications"
    if not node and taggable:
        odd = [it for it in properties if it.endswith("Tags") or it == "TagSpecifications"]
        name = odd[0] if len(odd) == 1 else name
        node = resolved(schema, properties.get(name, {}))
    if not node or (not taggable and "Tags" not in properties) or tagging.get("taggable") is False:
        return None
    item = resolved(schema, node.get("items", {}))
    if "Tags" in item.get("properties", {}):
        return f"{name} specifications"
    if "Items" in node.get("properties", {}):
        # {Items: [...]}: one type, in a shape of its own.
        return None
    if "array" in (node.get("type") if isinstance(node.get("type"), list) else [node.get("type")]) or "items" in node:
        return f"{name} list"
    return f"{name} map"


def main():
    here = pathlib.Path(__file__).parent
    found = {schema["typeName"]: schema for schema in schemas(sys.argv[1]) if "primaryIdentifier" in schema}
    compact = {"separators": (",", ":"), "sort_keys": True}
    known = {RENAMED.get(name, name) for name in recorded(sys.argv[2])}
    lines = [f"{name} {json.dumps(row(schema, name in known), **compact)}\n" for name, schema in sorted(found.items())]
    (here / "types.txt.zz").write_bytes(zlib.compress("".join(lines).encode(), 9))
    shapes = [(name, tag_shape(schema)) for name, schema in sorted(found.items())]
    (here / "tags.txt").write_text("".join(f"{name} {shape}\n" for name, shape in shapes if shape))
    print(f"{len(lines)} types, {sum(bool(shape) for _, shape in shapes)} taggable", file=sys.stderr)


if __name__ == "__main__":
    main()
