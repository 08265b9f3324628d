#!/usr/bin/env python3
"""Writes what the vendor's Python client reads from replies to administration commands.

usage: graph_admin.py CLIENT FOLDER

CLIENT  the folder that holds the package `tgdb` of a ready client
FOLDER  where `graph_admin.json` is written, in the format of `tests/vectors`

The bytes are those of the repository: they were made by hand, as no client writes replies.
"""

import json
import sys

import recording

SHOWN_OF_A_VERSION = 40


def names(objects):
    return None if objects is None else [entry.name for entry in objects]


def name(entry):
    return None if entry is None else entry.name


def users(message, _):
    return [{"id": user.id, "name": user.name, "roles": sorted(user.roles)} for user in message.users]


def types(message, registry):
    return [[kind.id, kind.name, kind.numberEntities] for kind in message.types(registry)]


def descriptors(message, _):
    return [[entry.id, entry.name, entry.type.name] for entry in message.attrdescs]


def indices(message, _):
    return [
        {
            "id": index.id,
            "name": index.name,
            "unique": index.unique,
            "attributes": names(index.attributeDescriptors),
            "types": names(index.onTypes),
            "block": index.blockSize,
            "entries": index.numEntries,
            "status": index.status,
        }
        for index in message.indices
    ]


def connections(message, _):
    # The time is that of the client's clock, so it is left out.
    return [
        [entry.listenerName, entry.clientID, entry.sessionID, entry.userName, entry.remoteAddress]
        for entry in message.connections
    ]


def procedures(message, _):
    return [
        {
            "id": entry.id,
            "name": entry.name,
            "module": entry.module,
            "returns": entry.returnType,
            "params": [[param.name, param.paramType.name] for param in entry.params],
        }
        for entry in message.storedProcedures
    ]


def description(message, registry):
    read = message.description(registry)
    return {
        "primary": name(read.primary),
        "attributes": names(read.attributes),
        "indices": names(read.indices),
        "from": name(read.fromType),
        "to": name(read.toType),
        "roles": names(read.roles),
    }


def info(message, _):
    read = message.info
    status = read.serverStatus
    return {
        "name": status.name,
        "state": status.state.name,
        "pid": status.processID,
        "path": status.serverPath,
        "version": str(status.version)[:SHOWN_OF_A_VERSION],
        "listeners": [listener.portNumber for listener in read.netListenersInfo],
        "db": read.databaseInfo.dbPath,
        "left": message._AdminResponse__instream.available,
    }


def killed(message, _):
    return message.numKilled


# By the number of the command.
READERS = {
    7: users,
    9: descriptors,
    10: indices,
    11: types,
    12: info,
    13: connections,
    14: procedures,
    15: description,
    24: killed,
}


def read(vector, metadata):
    message = recording.reply("AdminResponse", bytes.fromhex(vector["hex"]))
    message.gmd = metadata
    if message.exception is not None:
        return {"exception": message.errorStr, "code": message.exception.errorcode}
    return READERS[vector["command"]](message, metadata.registry)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    metadata = recording.factory().graphmetadata
    recorder = recording.Recorder("graph_admin.json")
    vectors = recording.vectors(recorder.name)
    for vector in vectors:
        recorder.put(vector, "python_reads", recording.attempt(read, vector, metadata))
    lines = ",\n".join(f"  {json.dumps(vector)}" for vector in vectors)
    recorder.write(sys.argv[2], f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
