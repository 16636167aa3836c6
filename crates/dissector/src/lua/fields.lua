-- Fields -------------------------------------------------------------------------------------------

-- If Wireshark already has the name, a prefix is added.
local function filter_name()
    -- Wireshark accepts no names of one letter.
    if #PROTOCOL.filter < 2 or pcall(Field.new, PROTOCOL.filter) then return "own_" .. PROTOCOL.filter end
    return PROTOCOL.filter
end

local FILTER = filter_name()
local wire = Proto(FILTER, PROTOCOL.title)

wire.prefs.ports = Pref.range("Server's ports", PROTOCOL.ports, "Ports on which the server listens", 65535)
wire.prefs.max_text = Pref.uint("Longest JSON or text", 16777216, "A size that announces more bytes of JSON or text is wrong")
wire.prefs.max_followed = Pref.uint(
    "Longest part that is put together", 67108864, "What announces more bytes is not waited for; it ends the frames of its stream"
)

local all_fields, all_experts = {}, {}

local function declare(type, name, label)
    local field = ProtoField[type](FILTER .. "." .. name, label)
    table.insert(all_fields, field)
    return field
end

local function declare_expert(kind, text, group, severity)
    local expert_info = ProtoExpert.new(FILTER .. "." .. PROTOCOL.names[kind], text, expert.group[group], expert.severity[severity])
    table.insert(all_experts, expert_info)
    return expert_info
end

for _, frame in ipairs(PROTOCOL.frames) do
    frame.field = declare("none", frame.filter, "Frame " .. frame.name)
    for _, part in ipairs(frame.parts) do
        part.field = declare(part.type, part.filter, part.name)
        for _, slot in ipairs(part.slots or {}) do
            if slot.filter then slot.field = declare(slot.type, slot.filter, slot.name) end
        end
        if part.member then
            part.member_field = declare("string", part.member, "Member")
            part.key_field = declare("string", part.key, "Key")
            part.value_field = declare("string", part.value, "Value")
        end
        for _, known in ipairs(part.known or {}) do
            known.field = declare(known.type, known.filter, known.name)
        end
    end
end

local f = {
    rest = declare("bytes", PROTOCOL.names.rest, "Bytes of no frame"),
    turn = declare("bytes", PROTOCOL.names.turn, "More of the turn"),
    plain = declare("bytes", PROTOCOL.names.plain, "Bytes that the protocol file does not describe"),
}
local e = {
    unexpected_end = declare_expert("unexpected_end", "A frame is cut off", "MALFORMED", "ERROR"),
    missing = declare_expert("missing", "A frame is missing", "MALFORMED", "ERROR"),
    bytes_behind = declare_expert("bytes_behind", "Bytes behind the last frame", "MALFORMED", "ERROR"),
    not_json = declare_expert("not_json", "Not JSON", "MALFORMED", "ERROR"),
    not_text = declare_expert("not_text", "Not text", "MALFORMED", "ERROR"),
    not_object = declare_expert("not_object", "No JSON object", "MALFORMED", "ERROR"),
    bad_size = declare_expert("bad_size", "No size", "MALFORMED", "ERROR"),
    bad_number = declare_expert("bad_number", "No number", "MALFORMED", "ERROR"),
    const_differs = declare_expert("const_differs", "A constant differs", "MALFORMED", "ERROR"),
    too_long = declare_expert("too_long", "Too long", "MALFORMED", "ERROR"),
    empty_frame = declare_expert("empty_frame", "A frame of no bytes", "MALFORMED", "ERROR"),
    wrong_digest = declare_expert("wrong_digest", "A wrong checksum", "CHECKSUM", "ERROR"),
    not_followed = declare_expert("not_followed", "Too long to be put together", "REASSEMBLE", "WARN"),
    failed = declare_expert("failed", "The dissector failed", "MALFORMED", "ERROR"),
}
wire.fields, wire.experts = all_fields, all_experts
