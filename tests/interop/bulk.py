#!/usr/bin/env python3
"""Writes how the vendor's Python client writes and reads bulk imports and exports.

usage: bulk.py CLIENT FOLDER

CLIENT  the folder that holds the package `tgdb` of a ready client
FOLDER  where `graph_bulk.json` is written, in the format of `tests/vectors`
"""

import json
import pathlib
import struct
import sys
import types

HEADER = 56
LARGEST = 32764

# Name, verb and fields of each request.
REQUESTS_OF_IMPORT = [
    ("begin import, batch", "BeginImportRequest", {"batch": True, "error": "stop", "load": "insert", "date": "YMD"}),
    (
        "begin import, batch, upsert",
        "BeginImportRequest",
        {"batch": True, "error": "ignore", "load": "upsert", "date": "DMY"},
    ),
    ("begin import, files", "BeginImportRequest", {"batch": False, "requests": 5, "files": 2}),
    (
        "partial import, first batch",
        "PartialImportRequest",
        {"batch": True, "data": "1,Ann\n2,h\u00e9\n", "type": "person", "index": 0, "total": 2, "columns": ["name"]},
    ),
    (
        "partial import, second batch",
        "PartialImportRequest",
        {"batch": True, "data": "3,Cy\n", "type": "person", "index": 1, "total": 2},
    ),
    (
        "partial import, file",
        "PartialImportRequest",
        {"batch": False, "data": "id,name\n1,Ann\n", "file": "person.csv", "total": 1, "index": 0},
    ),
    (
        "partial import, empty data",
        "PartialImportRequest",
        {"batch": False, "data": "", "file": "e.csv", "total": 1, "index": 0},
    ),
    (
        "partial import, 32764 bytes",
        "PartialImportRequest",
        {"batch": False, "data": "x" * LARGEST, "file": "big.csv", "total": 1, "index": 0},
    ),
    ("end import", "EndImportRequest", {}),
]
REQUESTS_OF_EXPORT = [
    ("begin export, batch", "BeginExportRequest", {"batch": True, "entities": 1000}),
    ("begin export, files", "BeginExportRequest", {"batch": False, "zip": "out.zip"}),
    ("begin export, files, no name", "BeginExportRequest", {"batch": False, "zip": None}),
    ("partial export, request 2", "PartialExportRequest", {"request": 2}),
    ("cancel export", "CancelExportRequest", {}),
]
# Made by hand, as no client writes them.
REPLIES = [
    ("begin import, done", "BeginImportResponse", "00000000"),
    ("begin import, failed", "BeginImportResponse", "00002329"),
    ("partial import, failed", "PartialImportResponse", "0000232d"),
    (
        "begin export, two types",
        "BeginExportResponse",
        "000000030000000000000000000000020006706572736f6e01000000000000000700056b6e6f7773000000000000000003",
    ),
    (
        "partial export, batch, new type",
        "PartialExportResponse",
        "01010006706572736f6e00000002000000046e616d6500000005636f756e74000000010100000006000000000000000000000006"
        "312c416e6e0a",
    ),
    (
        "partial export, file",
        "PartialExportResponse",
        "00000a706572736f6e2e63737600000006000000000000000000000006312c416e6e0a",
    ),
    ("partial export, empty", "PartialExportResponse", "0100000000000000000000000000000000000000000000"),
]
HASHED = [b"", b"a", b"abcdefg", b"abcdefgh", b"abcdefghi", b"1,Ann\n", bytes(range(256))]


def fill(message, verb, fields):
    """Sets the fields of a message of the client."""
    import tgdb.bulkio as bulkio

    if verb == "BeginImportRequest":
        message.isBatch = fields["batch"]
        if fields["batch"]:
            message.erroropt = bulkio.TGErrorOptions(fields["error"])
            message.loadopt = bulkio.TGLoadOptions(fields["load"])
            message.dtformat = bulkio.TGDateFormat(fields["date"])
        else:
            message.totalRequsts, message.numFiles = fields["requests"], fields["files"]
    elif verb == "PartialImportRequest":
        message.isBatch, message.data = fields["batch"], fields["data"]
        if fields["batch"]:
            message.type = types.SimpleNamespace(name=fields["type"])
            message.reqIdx, message.totalRequestsForType = fields["index"], fields["total"]
            message.attrList = fields.get("columns")
        else:
            message.fileName = fields["file"]
            message.fileTotalReq, message.fileReqIdx = fields["total"], fields["index"]
    elif verb == "BeginExportRequest":
        message.isBatch, message.zipName = fields["batch"], fields.get("zip")
        message.maxBatchEntities = fields.get("entities")
    elif verb == "PartialExportRequest":
        message.requestNum = fields["request"]


def error(reply):
    return None if reply.error is None else {"code": reply.error.errorcode, "text": str(reply.error)}


def read(verb, reply):
    """What the client makes of a reply."""
    if verb == "BeginImportResponse":
        return {"error": error(reply)}
    if verb == "PartialImportResponse":
        return {"error": error(reply), "types": reply.resultList}
    if verb == "BeginExportResponse":
        return {"requests": reply.numRequests, "error": error(reply), "types": [list(kind) for kind in reply.typeList]}
    return {
        "file": reply.fileName,
        "new_type": reply.newType,
        "type": reply.typeName,
        "columns": reply.attrList,
        "entities": reply.numEntities,
        "more": reply.hasMore,
        "data": bytes(reply.data or b"").hex(),
    }


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    from tgdb.impl.pduimpl import TGMessageFactory, TGProtocolVersion
    from tgdb.pdu import VerbId
    from tgdb.utils import tg_checkSum64

    messages = []
    for name, verb, fields in REQUESTS_OF_IMPORT + REQUESTS_OF_EXPORT:
        message = TGMessageFactory.createMessage(VerbId[verb])
        fill(message, verb, fields)
        payload = bytes(message.toBytes())[HEADER:]
        if len(fields.get("data", "")) == LARGEST:
            payload = payload[:-LARGEST]
            fields = {**fields, "data": f"x repeated {LARGEST} times, which are left out of hex"}
        vector = {"name": name, "verb": VerbId[verb].value, "direction": "request"}
        messages.append({**vector, "fields": fields, "hex": payload.hex()})
    for name, verb, payload in REPLIES:
        version, body = TGProtocolVersion.getProtocolVersion(), bytes.fromhex(payload)
        fixed = (HEADER + len(body), TGProtocolVersion.magic(), version, VerbId[verb].value, 0, 0, 1, 0, 0, 0, HEADER)
        reply = TGMessageFactory.createMessage(struct.pack(">iihhqqqqqhh", *fixed) + body)
        vector = {"name": name, "verb": VerbId[verb].value, "direction": "reply", "hex": payload}
        messages.append({**vector, "python_reads": read(verb, reply)})
    checksums = [{"data": data.hex(), "hash": f"{tg_checkSum64(data):016x}"} for data in HASHED]
    path = pathlib.Path(sys.argv[2]) / "graph_bulk.json"
    path.write_text(json.dumps({"messages": messages, "checksums": checksums}, indent=0) + "\n")
    print(f"graph_bulk.json: {len(messages) + len(checksums)} vectors")


if __name__ == "__main__":
    main()
