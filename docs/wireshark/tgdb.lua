-- Wireshark dissector for the protocol of TIBCO Graph Database (TGDB).
-- Made by `cargo xtask dissector` from the tables of tgdb-pdu: do not edit.

local HEADER_LEN = 56
local MAGIC = 0x0db2d1e4
local VERSION = 0x0300

local VERBS = {
    [0] = "PingMessage",
    [1] = "HandShakeRequest",
    [2] = "HandShakeResponse",
    [3] = "AuthenticateRequest",
    [4] = "AuthenticateResponse",
    [5] = "BeginTransactionRequest",
    [6] = "BeginTransactionResponse",
    [7] = "CommitTransactionRequest",
    [8] = "CommitTransactionResponse",
    [9] = "RollbackTransactionRequest",
    [10] = "RollbackTransactionResponse",
    [11] = "QueryRequest",
    [12] = "QueryResponse",
    [13] = "TraverseRequest",
    [14] = "TraverseResponse",
    [15] = "AdminRequest",
    [16] = "AdminResponse",
    [19] = "MetadataRequest",
    [20] = "MetadataResponse",
    [21] = "GetEntityRequest",
    [22] = "GetEntityResponse",
    [23] = "GetLargeObjectRequest",
    [24] = "GetLargeObjectResponse",
    [25] = "BeginExportRequest",
    [26] = "BeginExportResponse",
    [27] = "PartialExportRequest",
    [28] = "PartialExportResponse",
    [29] = "CancelExportRequest",
    [31] = "BeginImportRequest",
    [32] = "BeginImportResponse",
    [33] = "PartialImportRequest",
    [34] = "PartialImportResponse",
    [35] = "EndImportRequest",
    [36] = "EndImportResponse",
    [39] = "DumpStacktraceRequest",
    [40] = "DisconnectChannelRequest",
    [41] = "SessionForcefullyTerminated",
    [44] = "DecryptBufferRequest",
    [45] = "DecryptBufferResponse",
    [48] = "ConnectionPropertiesMessage",
    [70] = "BeginBulkExportSessionRequest",
    [71] = "BeginBulkExportSessionResponse",
    [72] = "BeginBatchExportEntityRequest",
    [73] = "BeginBatchExportEntityResponse",
    [74] = "SingleBatchExportEntityRequest",
    [75] = "SingleBatchExportEntityResponse",
    [76] = "EndBulkExportSessionRequest",
    [77] = "EndBulkExportSessionResponse",
    [100] = "ExceptionMessage",
    [-1] = "InvalidMessage",
}

local f = {}
f.length = ProtoField.uint32("tgdb.length", "Length", base.DEC)
f.magic = ProtoField.uint32("tgdb.magic", "Magic", base.HEX)
f.version = ProtoField.uint16("tgdb.version", "Protocol version", base.HEX)
f.verb = ProtoField.int16("tgdb.verb", "Verb", base.DEC, VERBS)
f.sequence_no = ProtoField.int64("tgdb.sequence_no", "Sequence number", base.DEC)
f.timestamp = ProtoField.int64("tgdb.timestamp", "Timestamp", base.DEC)
f.request_id = ProtoField.int64("tgdb.request_id", "Request id", base.DEC)
f.auth_token = ProtoField.uint64("tgdb.auth_token", "Auth token", base.HEX)
f.session_id = ProtoField.int64("tgdb.session_id", "Session id", base.DEC)
f.tenant_id = ProtoField.int16("tgdb.tenant_id", "Tenant id", base.DEC)
f.data_offset = ProtoField.uint16("tgdb.data_offset", "Data offset", base.DEC)

-- Name, offset and length of each field of the header.
local LAYOUT = {
    { "length", 0, 4 },
    { "magic", 4, 4 },
    { "version", 8, 2 },
    { "verb", 10, 2 },
    { "sequence_no", 12, 8 },
    { "timestamp", 20, 8 },
    { "request_id", 28, 8 },
    { "auth_token", 36, 8 },
    { "session_id", 44, 8 },
    { "tenant_id", 52, 2 },
    { "data_offset", 54, 2 },
}

f.padding = ProtoField.bytes("tgdb.padding", "Padding")
f.payload = ProtoField.bytes("tgdb.payload", "Payload")
f.payload_length = ProtoField.uint32("tgdb.payload_length", "Payload length", base.DEC)
f.response_in = ProtoField.framenum("tgdb.response_in", "Response in", base.NONE, frametype.RESPONSE)
f.response_to = ProtoField.framenum("tgdb.response_to", "Response to", base.NONE, frametype.REQUEST)
f.time = ProtoField.relative_time("tgdb.time", "Response time")

local tgdb = Proto("tgdb", "TIBCO Graph Database")
tgdb.fields = f

local e_length = ProtoExpert.new("tgdb.bad_length", "The length or data offset is wrong",
    expert.group.MALFORMED, expert.severity.ERROR)
local e_version = ProtoExpert.new("tgdb.bad_version", "Another protocol version",
    expert.group.PROTOCOL, expert.severity.WARN)
local e_exception = ProtoExpert.new("tgdb.exception", "The request failed",
    expert.group.RESPONSE_CODE, expert.severity.NOTE)
tgdb.experts = { e_length, e_version, e_exception }

tgdb.prefs.port = Pref.uint("TCP port", 8222, "Port of TGDB servers")

-- Requests and responses, by connection and request id. Made in the first pass over a capture.
local requests, responses

local tcp_stream = Field.new("tcp.stream")

function tgdb.init()
    requests, responses = {}, {}
end

local function offset_of(name)
    for _, entry in ipairs(LAYOUT) do
        if entry[1] == name then return entry[2], entry[3] end
    end
end

local function range(tvb, name)
    local offset, length = offset_of(name)
    return tvb(offset, length)
end

local function ends_with(text, suffix)
    return text:sub(-#suffix) == suffix
end

-- The login has no request ids, but no second request before the reply.
local LOGIN = {
    HandShakeRequest = true, HandShakeResponse = true,
    AuthenticateRequest = true, AuthenticateResponse = true, ExceptionMessage = true,
}

-- Responses carry the id of their request. Frames without a request have -1.
local function match(pinfo, root, verb, id)
    local stream = tcp_stream()
    if not stream or (id == "-1" and not LOGIN[verb]) then return end
    local key = stream.value .. "/" .. id
    if ends_with(verb, "Request") then
        if not pinfo.visited then
            requests[key] = { number = pinfo.number, time = pinfo.abs_ts }
        end
        for _, response in ipairs(responses[key] or {}) do
            if response.to == pinfo.number then
                root:add(f.response_in, response.number):set_generated()
            end
        end
    elseif ends_with(verb, "Response") or verb == "ExceptionMessage" then
        if not pinfo.visited and requests[key] then
            responses[key] = responses[key] or {}
            table.insert(responses[key], {
                number = pinfo.number, to = requests[key].number,
                time = pinfo.abs_ts - requests[key].time,
            })
            requests[key] = nil
        end
        for _, response in ipairs(responses[key] or {}) do
            if response.number == pinfo.number then
                root:add(f.response_to, response.to):set_generated()
                local seconds = math.floor(response.time)
                local nanos = math.floor((response.time - seconds) * 1e9 + 0.5)
                root:add(f.time, NSTime.new(seconds, nanos)):set_generated()
            end
        end
    end
end

local function dissect_message(tvb, pinfo, tree)
    local id_range = range(tvb, "verb")
    local verb = VERBS[id_range:int()] or ("verb " .. id_range:int())
    local id = tostring(range(tvb, "request_id"):int64())
    local root = tree:add(tgdb, tvb(), "TIBCO Graph Database, " .. verb)
    for _, entry in ipairs(LAYOUT) do
        root:add(f[entry[1]], tvb(entry[2], entry[3]))
    end
    if range(tvb, "version"):uint() ~= VERSION then
        root:add_proto_expert_info(e_version)
    end
    local data = range(tvb, "data_offset"):uint()
    if data < HEADER_LEN or data > tvb:len() then
        root:add_proto_expert_info(e_length)
    else
        if data > HEADER_LEN then
            root:add(f.padding, tvb(HEADER_LEN, data - HEADER_LEN))
        end
        root:add(f.payload_length, tvb:len() - data):set_generated()
        if data < tvb:len() then
            root:add(f.payload, tvb(data))
        end
    end
    if verb == "ExceptionMessage" then
        root:add_proto_expert_info(e_exception)
    end
    match(pinfo, root, verb, id)

    pinfo.cols.protocol = "TGDB"
    local info = verb
    if id ~= "-1" then info = info .. " id=" .. id end
    if pinfo.private.tgdb == "1" then
        pinfo.cols.info:append(", " .. info)
    else
        pinfo.cols.info = info
        pinfo.private.tgdb = "1"
    end
    return tvb:len()
end

local function message_length(tvb, _, offset)
    local at, size = offset_of("length")
    local length = tvb(offset + at, size):uint()
    -- So that a damaged stream gets on.
    if length < HEADER_LEN or length > 0x7fffffff then return tvb:len() - offset end
    return length
end

local function is_message(tvb)
    local at, size = offset_of("magic")
    return tvb:len() >= at + size and tvb(at, size):uint() == MAGIC
end

function tgdb.dissector(tvb, pinfo, tree)
    if not is_message(tvb) and tvb:len() >= HEADER_LEN then return 0 end
    dissect_tcp_pdus(tvb, tree, HEADER_LEN, message_length, dissect_message)
    return tvb:len()
end

local function heuristic(tvb, pinfo, tree)
    if tvb:len() < HEADER_LEN or not is_message(tvb) then return false end
    local length = range(tvb, "length"):uint()
    if length < HEADER_LEN or length > 0x7fffffff then return false end
    pinfo.conversation = tgdb
    tgdb.dissector(tvb, pinfo, tree)
    return true
end

local tcp_ports = DissectorTable.get("tcp.port")
local port = tgdb.prefs.port
tcp_ports:add(port, tgdb)

function tgdb.prefs_changed()
    if port ~= tgdb.prefs.port then
        tcp_ports:remove(port, tgdb)
        port = tgdb.prefs.port
        tcp_ports:add(port, tgdb)
    end
end

tgdb:register_heuristic("tcp", heuristic)
-- For captures whose keys Wireshark has.
tgdb:register_heuristic("tls", heuristic)
