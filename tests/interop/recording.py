"""What the programs that record the graph's vectors share: the vectors of the repository, the client's
metadata and messages, and how a file is written and compared."""

import json
import pathlib
import struct
import sys
import types

HEADER = 56
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"


def vectors(name):
    """A file of the repository."""
    return json.loads((VECTORS / name).read_text())


def reply(verb, payload):
    """The client's message of a payload."""
    from tgdb.impl.pduimpl import TGMessageFactory, TGProtocolVersion
    from tgdb.pdu import VerbId

    length, version = HEADER + len(payload), TGProtocolVersion.getProtocolVersion()
    fixed = (length, TGProtocolVersion.magic(), version, VerbId[verb].value, 0, 0, 1, 0, 0, 0, HEADER)
    return TGMessageFactory.createMessage(struct.pack(">iihhqqqqqhh", *fixed) + payload)


def factory():
    """The client's object factory, with the metadata that all vectors of the graph refer to."""
    from tgdb.impl.gmdimpl import GraphObjectFactoryImpl

    # Results ask their connection for both.
    connection = types.SimpleNamespace()
    made = GraphObjectFactoryImpl(connection)
    connection.graphObjectFactory, connection.graphMetadata = made, made.graphmetadata
    payload = bytes.fromhex(vectors("graph.json")["metadata"]["hex"])
    made.graphmetadata.registry = reply("MetadataResponse", payload).typeregistry
    return made


def attempt(action, *arguments):
    """What an action gives, or how a vector says that the client failed."""
    try:
        return action(*arguments)
    except Exception as error:
        return f"ERR {type(error).__name__}: {error}"


class Recorder:
    """Puts what the client did in the place of what the file has, and counts."""

    def __init__(self, name):
        self.name = name
        self.recorded, self.differing = 0, []

    def put(self, vector, field, value):
        # As it is read from a file: texts as keys, lists in place of tuples.
        value = json.loads(json.dumps(value))
        self.recorded += 1
        if vector.get(field) != value:
            self.differing.append(f"{vector.get('name', vector.get('annotation'))}, {field}")
        vector[field] = value

    def write(self, folder, text):
        (pathlib.Path(folder) / self.name).write_text(text)
        for entry in self.differing:
            print(f"{self.name}: differs from the repository: {entry}")
        print(f"{self.name}: {self.recorded} recorded, {len(self.differing)} of them differ from the repository")
        if self.differing:
            sys.exit(1)
