#!/usr/bin/env python3
"""Writes what the vendor's Python client writes and reads of the graph: values, entities, commits, results.

usage: graph.py CLIENT FOLDER

CLIENT  the folder that holds the package `tgdb` of a ready client
FOLDER  where `graph.json` is written, in the format of `tests/vectors`

What Java and Go wrote and read, and the bytes made by hand, stay as the repository has them.
"""

import datetime
import decimal
import json
import re
import struct
import sys
import types

import graph_reads
import recording

# Values that their texts in the vectors do not give.
TIMES = {
    "date from a time": "2020-06-15T12:34:56.789",
    "time 00:00:00.000": "1970-01-01T00:00:00.000",
    "time 23:59:59.999": "1970-01-01T23:59:59.999",
    "time 12:34:56.789": "2020-06-15T12:34:56.789",
}
HEADER_OF_A_RESULT = 17
LISTS = ("added", "changed", "removed")


def moment(text):
    return datetime.datetime.fromisoformat(text)


def written(thing, cipher=None):
    from tgdb.impl.pduimpl import ProtocolDataOutputStream

    target = ProtocolDataOutputStream(cipher)
    thing.writeExternal(target)
    return bytes(target.buffer).hex()


def value(vector):
    """The value of a vector for the client."""
    kind, given = vector["type"], vector["value"]
    if kind == "Char":
        return int(given.removeprefix("U+"), 16)
    if kind in ("Float", "Double"):
        return struct.unpack(">f" if kind == "Float" else ">d", bytes.fromhex(given["bits"]))[0]
    if kind == "Number":
        return decimal.Decimal(given)
    if kind in ("Date", "Time", "TimeStamp"):
        return moment(TIMES.get(vector["name"], re.sub(", zone.*", "", given)))
    if kind in ("Blob", "Clob"):
        return bytes.fromhex(given["data"])
    if kind == "String" and isinstance(given, dict):
        return given["repeat"] * given["count"]
    return given


def attribute(factory, vector):
    from tgdb.impl.attrimpl import AbstractAttribute

    descriptor = factory.graphmetadata.attritubeDescriptors[vector["descriptor"]]
    made = AbstractAttribute.createAttribute(None, descriptor, value(vector))
    if isinstance(vector["value"], dict) and "id" in vector["value"]:
        # Its own id is a counter.
        made._entityId = vector["value"]["id"]
    return written(made)


def attributes(recorder, factory, vectors):
    for vector in vectors:
        large = vector["type"] in ("Blob", "Clob")
        # Python has no years before Christ, and writes no nulls: they are not set.
        if "written_by" in vector and vector["value"] is not None and "BC" not in vector["name"]:
            found = recording.attempt(attribute, factory, vector)
            # What is as Java's is not written twice.
            recorder.put(vector, *(("python_writes", found) if "python_writes" in vector else ("hex", found)))
            if "python_reads_python" in vector:
                read = recording.attempt(graph_reads.attributes, factory, found)
                recorder.put(vector, "python_reads_python", read)
        if not (large and vector["value"] is None):
            # The id of a large object that is null is a counter of the client.
            recorder.put(vector, "python_reads", recording.attempt(graph_reads.attributes, factory, vector["hex"]))


def encrypted(recorder, factory, vectors):
    from tgdb.impl.attrimpl import AbstractAttribute
    from tgdb.impl.pduimpl import ProtocolDataOutputStream

    values = {
        "int 42": 42,
        "string": "top secret",
        "number": decimal.Decimal("1234.5"),
        "timestamp": moment("2020-06-15T12:34:56.789"),
    }
    cipher = types.SimpleNamespace(encrypt=lambda data: data)
    for vector in vectors:
        descriptor = factory.graphmetadata.attritubeDescriptors[vector["descriptor"]]
        made = AbstractAttribute.createAttribute(None, descriptor, values[vector["name"]])
        target = ProtocolDataOutputStream()
        made.writeValue(target)
        recorder.put(vector, "python_plain", bytes(target.buffer).hex())
        recorder.put(vector, "python_whole_with_identity_cipher", written(made, cipher))


def set_all(entity, values):
    for name, given in values.items():
        entity.setAttribute(name, given)
    return entity


def made_entities(factory, vectors):
    """By their names in the vectors. The ids of new ones count down from -1, in the order of making."""
    from tgdb.impl.entityimpl import EdgeImpl
    from tgdb.model import DirectionType

    metadata = factory.graphmetadata
    from_server = {vector["name"]: vector["hex"] for vector in vectors["entities"] + vectors["get_entity_replies"]}
    made = {"n1": set_all(factory.createNode("person"), {"name": "Robert", "count": 3})}
    factory.createNode("person")
    made["new node, empty string"] = set_all(factory.createNode("city"), {"name": ""})
    values = {
        "flag": True,
        "count": 7,
        "big": 1 << 40,
        "exact": -2.5,
        "price": decimal.Decimal("12.34500"),
        "name": "\u65e5\u672c",
        "day": moment("2020-02-29"),
        "stamp": moment("1969-12-31T23:59:59.999"),
        "text": "long text",
        "data": b"\x00\xff",
    }
    node = set_all(factory.createNode("person"), values)
    node.getAttribute("text")._entityId, node.getAttribute("data")._entityId = -10, -11
    made["new node, all attribute types (Java; Python cannot write byte, char, short and float here)"] = node
    first = set_all(factory.createNode("person"), {"name": "a"})
    second = set_all(factory.createNode("person"), {"name": "b"})
    edge = factory.createEdge(first, second, DirectionType.Directed, "knows")
    made["new directed edge, typed, one attribute"] = set_all(edge, {"stamp": moment("2020-06-15T12:00")})
    made["new undirected edge without type"] = EdgeImpl(metadata, first, second, DirectionType.UnDirected)
    made["new bidirectional self-loop without type"] = EdgeImpl(metadata, second, second, DirectionType.BiDirectional)
    made["new node with two new edges"], made["new node with a self-loop"] = first, second

    whole = from_server["one node"][2 * HEADER_OF_A_RESULT :]
    node, _ = graph_reads.new_entity(factory, whole)
    made["node from the server with one attribute changed"] = set_all(node, {"count": 8})
    node, _ = graph_reads.new_entity(factory, from_server["node from the server, flagged new"])
    made["s4"] = set_all(node, {"name": "y"})
    edge, _ = graph_reads.new_entity(factory, from_server["edge from the server"])
    made["edge from the server with one attribute changed"] = set_all(edge, {"stamp": moment("2021-01-01")})
    made.update(n5=first, n6=second, e1=made["new directed edge, typed, one attribute"], s5=edge)
    return made


def commit(entities, vector):
    from tgdb.impl.pduimpl import TGMessageFactory
    from tgdb.pdu import VerbId

    request = TGMessageFactory.createMessage(VerbId.CommitTransactionRequest)
    # The client has the entities under their ids.
    lists = [{entities[name].virtualId: entities[name] for name in vector[key]} for key in LISTS]
    request.addCommitList(*lists, set())
    return bytes(request.toBytes())[recording.HEADER :].hex()


# The type and the values of each key.
KEYS = {
    "person by name": ("person", {"name": "Robert"}),
    "two attributes": ("person", {"name": "Robert", "count": 3}),
    "no type": (None, {}),
    "by date and number": ("person", {"day": moment("2020-02-29"), "price": decimal.Decimal("1.50000")}),
}


def key(factory, kind, values):
    made = factory.createCompositeKey(kind)
    for name, given in values.items():
        made[name] = given
    return written(made)


def text(vectors):
    """One entry on a line, as in the repository."""
    sections = []
    for name, section in vectors.items():
        if isinstance(section, list):
            entries = ",\n".join(f"    {json.dumps(entry)}" for entry in section)
            sections.append(f"  {json.dumps(name)}: [\n{entries}\n  ]")
        else:
            sections.append(f"  {json.dumps(name)}: {json.dumps(section)}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    factory = recording.factory()
    recorder = recording.Recorder("graph.json")
    vectors = recording.vectors(recorder.name)
    entities = made_entities(factory, vectors)
    for vector in vectors["entities"]:
        if vector["name"] in entities:
            recorder.put(vector, "python_writes", recording.attempt(written, entities[vector["name"]]))
    for vector in vectors["commit_requests"]:
        # Python refuses attributes that have no descriptor.
        if "added" in vector:
            recorder.put(vector, "python_writes", recording.attempt(commit, entities, vector))
    attributes(recorder, factory, vectors["attributes"])
    encrypted(recorder, factory, vectors["encrypted_plaintexts"])
    for vector in vectors["keys"]:
        recorder.put(vector, "python_writes", recording.attempt(key, factory, *KEYS[vector["name"]]))
    graph_reads.record(recorder, factory, vectors)
    recorder.write(sys.argv[2], text(vectors))


if __name__ == "__main__":
    main()
