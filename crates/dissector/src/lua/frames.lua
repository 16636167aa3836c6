-- Frames -------------------------------------------------------------------------------------------

-- Wireshark takes a larger request for one of the two special values below.
local MAX_REASSEMBLED = 0x0ffffff0
local UNTIL_FIN = 0x0ffffffe

-- More bytes than this are requested at once. The packet may then not show all of them when it is displayed
-- again.
local ONE_BY_ONE_MAX = 1048576

-- The longest part of each kind that is read, in bytes. NUMBER_MAX is for a number up to a delimiter.
local NUMBER_MAX, LINE_MAX = 64, 1048576

-- The bytes to read: a buffer, or none at the end of a stream.
local function source_of(tvb)
    return { tvb = tvb, length = tvb and tvb:len() or 0 }
end

local function raw(source, at, length)
    if length <= 0 then return "" end
    return source.tvb:raw(at, length)
end

-- The result of a part: whole, with its length; incomplete, with the number of missing bytes; or wrong.
local function part_whole(length)
    return { length = length }
end

local function part_short(need, expected, found, total)
    return { need = need, expected = expected, found = found, total = total }
end

local function part_wrong(kind, what, used)
    return { wrong = kind, what = what, used = used }
end

local function expected_bytes(total, unit)
    return whole(total) .. (unit or " bytes")
end

local function limit_of(part)
    local kind = part.kind
    if kind == "json" or kind == "text" or kind == "json-until" then return wire.prefs.max_text end
    if kind == "text-until" then return LINE_MAX end
    if kind == "number-until" then return NUMBER_MAX end
    return nil
end

local function too_long(limit, found, used)
    local what = "expected at most " .. whole(limit) .. " bytes, found " .. whole(found)
    return part_wrong("too_long", what, used)
end

-- A part with a known number of bytes.
local function take_bytes(source, at, part, total)
    local there, limit = source.length - at, limit_of(part)
    if limit and total > limit then return too_long(limit, total, 0) end
    if part.kind == "const" then
        local found = raw(source, at, math.min(there, total))
        for index = 1, #found do
            if found:byte(index) ~= part.bytes:byte(index) then
                local what = string.format("expected 0x%02x, found 0x%02x", part.bytes:byte(index), found:byte(index))
                return part_wrong("const_differs", what, index)
            end
        end
    end
    if total <= there then return part_whole(total) end
    if total > math.min(wire.prefs.max_followed, MAX_REASSEMBLED) then
        local what = "it has " .. whole(total) .. " bytes, which are not put together here"
        return part_wrong("not_followed", what, 0)
    end
    return part_short(total - there, expected_bytes(total), there, total)
end

local function take_characters(source, at, part, total)
    local there, limit = source.length - at, limit_of(part)
    if total > limit then return too_long(limit, total, 0) end
    local text = raw(source, at, math.min(there, limit + 1))
    local bytes, count = bytes_of_characters(part.encoding or "utf-8", text, total)
    if bytes and bytes <= limit then return part_whole(bytes) end
    if bytes or #text > limit then return too_long(limit, #text, #text) end
    local need = total - count > ONE_BY_ONE_MAX and total - count or DESEGMENT_ONE_MORE_SEGMENT
    return part_short(need, expected_bytes(total, " characters"), count)
end

-- A part up to a delimiter. Bytes that were searched before, when less of the frame was there, are not searched
-- again.
local function take_until(source, at, part)
    local limit, delimiter = limit_of(part), part.delimiter
    local there = math.min(source.length - at, limit + #delimiter)
    local searched, skipped = source.searched, 0
    if searched and searched.part == part and searched.at == at then
        skipped = math.max(0, math.min(searched.length, there) - #delimiter)
    end
    local _, stop = raw(source, at + skipped, there - skipped):find(delimiter, 1, true)
    if stop then return part_whole(skipped + stop) end
    if there >= limit + #delimiter then return too_long(limit, there, there) end
    local short = part_short(DESEGMENT_ONE_MORE_SEGMENT, "a delimiter behind the bytes", there)
    short.searched = { part = part, at = at, length = there }
    return short
end

-- A part without a size: up to the end of the stream, or of this segment's bytes.
local function take_open(source, at, part, is_end)
    local there, limit = source.length - at, limit_of(part)
    if limit and there > limit then return too_long(limit, there, limit + 1) end
    if is_end then return part_whole(there) end
    if part.size == "rest" then return part_short(UNTIL_FIN, "the end of the stream", there) end
    if there == 0 then return part_short(DESEGMENT_ONE_MORE_SEGMENT, "a turn", 0) end
    return part_whole(there)
end

local function take(source, start, at, part, size, is_end)
    if part.delimiter then return take_until(source, at, part) end
    if part.kind == "pad" then return take_bytes(source, at, part, math.max(0, part.total - (at - start))) end
    if not part.size then return take_bytes(source, at, part, part.bytes and #part.bytes or part.width) end
    if type(part.size) == "number" then return take_bytes(source, at, part, part.size) end
    if type(part.size) == "string" then return take_open(source, at, part, is_end) end
    if not size then return part_wrong("bad_size", "expected a size, found no such value", 0) end
    local counts = size.characters and (part.kind == "json" or part.kind == "text")
    if counts then return take_characters(source, at, part, size.value) end
    return take_bytes(source, at, part, size.value)
end

-- An integer of a struct: as a number, and as full text.
local function integer(slot, bytes)
    if slot.little then bytes = bytes:reverse() end
    local low, high, number = 0, 0, 0.0
    for index = 1, #bytes do
        number = number * 256 + bytes:byte(index)
        if index <= #bytes - 4 then high = high * 256 + bytes:byte(index) else low = low * 256 + bytes:byte(index) end
    end
    local is_negative = slot.code == "int" and bytes:byte(1) >= 128
    if is_negative then number = number - 256 ^ #bytes end
    if #bytes < 8 then return number, whole(number) end
    if slot.code == "int" then return number, tostring(Int64.new(low, high)) end
    return number, tostring(UInt64.new(low, high))
end

local function slot_bytes(source, item, slot)
    return raw(source, item.at + slot.at, slot.size)
end

local SLOT_TYPES = { float = "float", bool = "bool", char = "bytes", string = "bytes", pascal = "bytes" }

-- A value as a size: a number; or nil, and what the value is instead.
local function number_at(source, item, reference)
    local part = item.part
    if part.kind == "struct" then
        local slot = part.slots[reference.slot or 0]
        if not slot then return nil, "bytes" end
        if SLOT_TYPES[slot.code] then return nil, SLOT_TYPES[slot.code] end
        local number, text = integer(slot, slot_bytes(source, item, slot))
        if number < 0 then return nil, text end
        return number
    end
    if item.text then
        if item.text:sub(1, 1) == "-" then return nil, item.text end
        return tonumber(item.text)
    end
    return nil, part.kind == "text" and "text" or "bytes"
end

-- The size of a later part, read from this one; or what is wrong with it.
local function size_at(source, item, reference, part)
    local function bad(found)
        return nil, "bad_size", "expected " .. reference.path .. " to be the size of " .. part.name .. ", found " .. found
    end
    local value, found
    if item.part.kind == "json" or item.part.kind == "json-until" then
        if not item.json then
            if not reference.keys then return bad("bytes") end
            return 0
        end
        local node, path, kind = json_lookup(item.json, reference.keys or {})
        if node == false then
            local name = item.part.name .. (path == "" and "" or "." .. path)
            return nil, "not_object", "expected an object for " .. name .. ", found " .. kind
        end
        if node == nil then return 0, nil, nil, true end
        if node.kind ~= "int" then return bad(node.kind) end
        if node.text:sub(1, 1) == "-" and node.text ~= "-0" then return bad(shortened(node.text, 40)) end
        value = tonumber(node.text)
    else
        value, found = number_at(source, item, reference)
    end
    if not value then return bad(found) end
    return value
end

-- Reads the value of a whole part. Returns what is wrong with it, and whether more bytes could correct it.
local function read_value(source, item, size)
    local part, kind = item.part, item.part.kind
    local content = item.length - (part.delimiter and #part.delimiter or 0)
    item.content = content
    if kind == "digits" or kind == "number-until" then
        local text = raw(source, item.at, content)
        item.text = decimal(text)
        if not item.text then
            return part_wrong("bad_number", 'expected a decimal number, found "' .. printable(text:sub(1, 64)) .. '"')
        end
    elseif kind == "text" or kind == "text-until" then
        item.shown = raw(source, item.at, content)
        local bad = text_error(part.encoding or "utf-8", item.shown)
        if bad then
            local what = "expected " .. (part.encoding or "utf-8") .. " text, found none at byte " .. whole(bad)
            return part_wrong("not_text", what)
        end
        item.shown = shown_text(part.encoding, item.shown)
    elseif (kind == "json" or kind == "json-until") and not (size and size.absent) then
        local text, stands = decoded(raw(source, item.at, content))
        local json, why, is_cut = json_read(text)
        if not json then return part_wrong("not_json", "expected JSON, found " .. why), is_cut end
        item.json, item.shown, item.stands = json, clean(text), stands
    end
    return nil
end

-- How many bytes to request from Wireshark, if the part with this index ends at `at` and lacks `need` bytes:
-- all that the frame lacks, or one more segment if that isn't known. Bytes that are requested twice in the same
-- packet do not show when the packet is displayed again. `later` gets the following parts that are also
-- awaited: those whose bytes may have any value.
local function wish(frame, index, sizes, start, at, need, later)
    if need == UNTIL_FIN or need == DESEGMENT_ONE_MORE_SEGMENT then return need end
    -- A wrong byte of a constant is reported at once.
    if frame.parts[index].kind == "const" then return DESEGMENT_ONE_MORE_SEGMENT end
    local begin = at
    for number = index + 1, #frame.parts do
        local part, size = frame.parts[number], sizes[number]
        local length = nil
        if part.kind == "pad" then
            length = math.max(0, part.total - (at - start))
        elseif part.kind == "bytes" then
            length = type(part.size) == "number" and part.size or type(part.size) == "table" and size and size.value
        end
        if not length or at - begin + length > wire.prefs.max_followed then
            return need > ONE_BY_ONE_MAX and need or DESEGMENT_ONE_MORE_SEGMENT
        end
        table.insert(later, { part = part, total = length })
        at = at + length
    end
    return need + at - begin
end

local function cut_off(name, expected, behind, found)
    return name .. "expected " .. expected .. ", found " .. behind .. " after " .. whole(found) .. " of them"
end

-- What is wrong with a stream that ended `came` bytes after the bytes read before.
local function cut_off_later(read, came)
    local part, total, found = read.part, read.total, read.found + (read.total and came or 0)
    local expected = read.expected
    for _, later in ipairs(read.later) do
        if found < total then break end
        part, total, found = later.part, later.total, found - total
        expected = expected_bytes(total)
    end
    return cut_off(read.frame.name .. "." .. part.name .. ": ", expected, "the end of the stream", found)
end

-- A frame from `start` on: its parts so far, and its result.
local function read_frame(source, start, frame, is_end)
    local read = { frame = frame, start = start, parts = {} }
    local at, sizes = start, {}
    local function ends(state, index)
        read.status = state.wrong and "wrong" or "short"
        read.part = index and frame.parts[index]
        read.kind, read.what, read.used = state.wrong, state.what, at - start + (state.used or 0)
        if not state.wrong then
            local behind = is_end == "datagram" and "the end of the datagram" or "the end of the stream"
            read.total, read.found, read.expected, read.later = state.total, state.found, state.expected, {}
            read.need = wish(frame, index, sizes, start, source.length + state.need, state.need, read.later)
            read.used, read.kind = source.length - start, "unexpected_end"
            -- The buffer with more bytes begins with the same frame.
            read.searched = state.searched
            if read.searched then read.searched.at = read.searched.at - start end
            read.what = cut_off("", state.expected, behind, state.found)
            if is_end then read.status = "wrong" end
        end
        return read
    end
    for index, part in ipairs(frame.parts) do
        local state = take(source, start, at, part, sizes[index], is_end)
        if not state.length then return ends(state, index) end
        local item = { part = part, at = at, length = state.length }
        at = at + state.length
        local wrong, is_cut = read_value(source, item, sizes[index])
        if wrong and is_cut and part.size == "turn" and not is_end then
            return ends(part_short(DESEGMENT_ONE_MORE_SEGMENT, "JSON", state.length), index)
        end
        if wrong then return ends(wrong, index) end
        -- The part is whole, even if its value is invalid as a size.
        table.insert(read.parts, item)
        for later, reference in pairs(part.sizes) do
            local value, kind, what, is_absent = size_at(source, item, reference, frame.parts[later])
            if not value then return ends(part_wrong(kind, what), index) end
            sizes[later] = { value = value, absent = is_absent, characters = part.counts == "characters" }
        end
    end
    read.status, read.length = "whole", at - start
    return read
end

-- The next frame of a direction. If several frames are possible, the choice is the first that is whole;
-- otherwise one that may still become whole; otherwise the one that failed last.
local function read_next(source, start, items, position, is_end)
    local whole_one, short, wrong
    for index = position, #items do
        local item = items[index]
        local read = read_frame(source, start, PROTOCOL.frames[item.frame], is_end)
        read.position = item.repeats and index or index + 1
        if read.status == "whole" and read.length == 0 and item.repeats then
            read.status, read.kind, read.used = "wrong", "empty_frame", 0
            read.what = "expected a frame, found one of no bytes"
        end
        if read.status == "whole" then
            if not whole_one or read.length < whole_one.length then whole_one = read end
        elseif read.status == "short" then
            if short then short.need = DESEGMENT_ONE_MORE_SEGMENT else short = read end
        elseif not wrong or read.used > wrong.used then
            wrong = read
        end
        if not item.repeats then break end
    end
    if whole_one or short or wrong then return whole_one or short or wrong end
    local what = "expected the end of the stream, found bytes behind the last frame"
    return { status = "wrong", kind = "bytes_behind", what = what, parts = {}, used = 0 }
end

-- A datagram is one frame: the first that matches.
local function read_datagram(source, items)
    local first
    for _, item in ipairs(items) do
        local read = read_frame(source, 0, PROTOCOL.frames[item.frame], "datagram")
        if read.status == "whole" and read.length < source.length then
            local behind = "expected the end of the datagram, found " .. whole(source.length - read.length) .. " bytes more"
            read.status, read.kind, read.what = "wrong", "bytes_behind", behind
        end
        if read.status == "whole" then return read end
        first = first or read
    end
    local what = "expected no datagram, found one"
    return first or { status = "wrong", kind = "bytes_behind", what = what, parts = {} }
end
