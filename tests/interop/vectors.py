#!/usr/bin/env python3
"""Writes what the vendor's Python client makes of given fields, in the format of `tests/vectors`.

usage: vectors.py CLIENT FOLDER

CLIENT  the folder that holds the package `tgdb` of a ready client
FOLDER  where `python.json` and `urls.json` are written
"""

import json
import pathlib
import sys

TOKEN, SESSION, REQUEST = 0x1122334455667788, 4711, 42
NO_OPTIONS = [-1, -1, -1, -1]
URLS = [
    "tcp://localhost:8222",
    "ssl://localhost:8223",
    "TCP://Foo.Bar.com:9",
    "tcp://:8222",
    "tcp://8222",
    "tcp://host:",
    "tcp://host:abc",
    "tcp://host:65536",
    "tcp://host:-1",
    "tcp://[::1]:8222",
    "tcp://scott@[fe80::1%eth0]:8222",
    "tcp://[2001:db8::1]",
    "tcp://foo.bar.com:8222/{userID=scott;ftHosts=foo1.bar.com,foo2.bar.com:8333;sendSize=120}",
    "ssl://localhost:8223/{dbName=demodb}",
    "ssl://localhost:8223/{}",
    "ssl://localhost:8223/{a=b=c}",
    "ssl://localhost:8223/dbName=demodb",
    "ssl://localhost:8223/",
    "http://localhost:8080",
    "https://localhost",
    "tcp://host:8222/{tgdb.channel.userID=Bob;USERID=alice}",
    " tcp://host:8222 ",
]


class Messages:
    """Makes messages by the client's own factory, and keeps their fields and bytes."""

    def __init__(self, client):
        self.client = client
        self.vectors = []

    def make(self, verb, login=False):
        if login:
            return self.client.pduimpl.TGMessageFactory.createMessage(verb)
        message = self.client.pduimpl.TGMessageFactory.createMessage(verb, authtoken=TOKEN, sessionid=SESSION)
        message.requestid = REQUEST
        return message

    def keep(self, name, message, fields):
        buffer = bytes(message.toBytes())
        header = {
            "sequence_no": message.sequenceno,
            "timestamp": message.timestamp,
            "request_id": message.requestid,
            "auth_token": message.authtoken,
            "session_id": message.sessionid,
        }
        for field in [name for name in ("length", "checksum") if fields.get(name, 0) is None]:
            # The client computes these; they are the first two integers of the payload.
            start = 56 if field == "length" else 60
            fields[field] = int.from_bytes(buffer[start : start + 4], "big", signed=True)
        vector = {"name": name, "verb": message.verbid.name, "header": header, "fields": fields, "hex": buffer.hex()}
        self.vectors.append(vector)


class Client:
    def __init__(self):
        import tgdb.impl.adminimpl
        import tgdb.impl.channelimpl
        import tgdb.impl.pduimpl
        import tgdb.pdu
        import tgdb.query
        import tgdb.utils
        import tgdb.version

        self.adminimpl = tgdb.impl.adminimpl
        self.channelimpl = tgdb.impl.channelimpl
        self.pduimpl = tgdb.impl.pduimpl
        self.verbs = tgdb.pdu.VerbId
        self.query = tgdb.query
        self.utils = tgdb.utils
        self.version = tgdb.version


def login(client, messages):
    kinds = client.pduimpl.HandshakeRequestType
    hello = messages.make(client.verbs.HandShakeRequest, login=True)
    hello.requesttype = kinds.Initiate
    messages.keep("handshake, initiate", hello, {"kind": 1, "ssl_mode": False, "challenge": 0})
    hello.updateSequenceAndTimeStamp()
    hello.requesttype = kinds.ChallengeAccepted
    hello.sslmode = True
    hello.challenge = client.version.TGVersion.getVersion().toUInt64()
    fields = {"kind": 2, "ssl_mode": True, "challenge": hello.challenge}
    messages.keep("handshake, challenge accepted", hello, fields)

    cases = [
        ("routes", None, "scott", "tiger"),
        ("routes", ["user", "admin"], "sc\u00f6tt\u20ac", "tiger"),
        (None, [], "scott", ""),
    ]
    for number, (database, roles, user, password) in enumerate(cases):
        request = messages.make(client.verbs.AuthenticateRequest, login=True)
        request.dbName, request.roles, request.username, request.password = database, roles, user, password
        request.clientid, request.inboxaddr = "tgdb.python-api.client", "127.0.0.1:40000"
        fields = {
            "database": database,
            "client_id": request.clientid,
            "inbox_addr": request.inboxaddr,
            "roles": roles,
            "user": user,
            "password": password,
        }
        messages.keep(f"authenticate {number}", request, fields)


def without_payload(client, messages, names):
    for name in names:
        messages.keep(name, messages.make(client.verbs[name]), {})


def requests(client, messages):
    commit = messages.make(client.verbs.CommitTransactionRequest)
    commit.addCommitList({}, {}, {}, set())
    # Three blocks without entities and without descriptors.
    blocks = "".join(f"{opcode:04x}00000000" for opcode in (0x1011, 0x1012, 0x1013))
    messages.keep("commit of nothing", commit, {"length": None, "checksum": None, "changes": blocks})

    for command in client.query.TGQueryCommand:
        if command.name in ("Create", "Execute", "ExecuteGremlin", "ExecuteGremlinStr"):
            target = {"text": ["g.V('\u00e9');", None, None, None]}
        elif command.name in ("ExecuteID", "Close"):
            target = {"id": 77}
        else:
            continue
        query = messages.make(client.verbs.QueryRequest)
        query.option = client.query.TGQueryOption()
        query.command = command
        if "text" in target:
            query.query = target["text"][0]
        else:
            query.queryHashId = target["id"]
        fields = {"command": command.value, "options": NO_OPTIONS, **target, "length": None, "checksum": None}
        if command.name == "Execute":
            query.option.sortAttrName = "iata"
            query.option.sortOrderDesc = True
            query.option.sortResultLimit = 7
            fields["sort"] = ["iata", True, 7]
        messages.keep(f"query {command.name}", query, fields)

    large = messages.make(client.verbs.GetLargeObjectRequest)
    large.entityId, large.decrypt = 123456789012, True
    messages.keep("get large object", large, {"entity_id": large.entityId, "decrypt": True})

    for name in ("ShowUsers", "ShowRoles", "ShowTypes", "ShowConnections", "StopServer"):
        admin = messages.make(client.verbs.AdminRequest)
        admin.command = client.adminimpl.TGAdminCommand[name]
        messages.keep(f"admin {name}", admin, {"command": admin.command.val, "length": None})

    properties = [["a.key", "value"], ["b.key", None], ["c.key", "w\u00e9rt"]]
    message = messages.make(client.verbs.ConnectionPropertiesMessage)
    message.props = dict(properties)
    messages.keep("connection properties", message, {"properties": properties})


def bulk(client, messages):
    begin = messages.make(client.verbs.BeginExportRequest)
    begin.zipName, begin.isBatch, begin.maxBatchEntities = None, True, 9
    messages.keep("BeginExportRequest", begin, {"max_entities": 9})
    partial = messages.make(client.verbs.PartialExportRequest)
    partial.requestNum = 5
    messages.keep("PartialExportRequest", partial, {"request": 5})
    without_payload(client, messages, ["CancelExportRequest", "EndImportRequest"])


def urls(client):
    vectors = []
    for text in URLS:
        vector = {"input": text, "source": "python"}
        try:
            url = client.channelimpl.LinkUrl.parse(text)
        except Exception as error:
            vector["error"] = f"{type(error).__name__}: {error}"
        else:
            vector["protocol"] = url.protocol.name
            vector.update(host=url.host, port=url.port, user=url.user, url=url.url)
        vectors.append(vector)
    return vectors


def write(folder, name, vectors):
    lines = ",\n".join(json.dumps(vector) for vector in vectors)
    (pathlib.Path(folder) / name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(vectors)} vectors")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    client = Client()
    messages = Messages(client)
    login(client, messages)
    without_payload(
        client,
        messages,
        [
            "PingMessage",
            "BeginTransactionRequest",
            "RollbackTransactionRequest",
            "RollbackTransactionResponse",
            "TraverseRequest",
            "TraverseResponse",
            "MetadataRequest",
            "DumpStacktraceRequest",
            "DisconnectChannelRequest",
        ],
    )
    requests(client, messages)
    bulk(client, messages)
    write(sys.argv[2], "python.json", messages.vectors)
    write(sys.argv[2], "urls.json", urls(client))


if __name__ == "__main__":
    main()
