-- JSON, as json.loads takes it ---------------------------------------------------------------------

local JSON_MAX_DEPTH = 900


-- Converts UTF-16 and UTF-32 to UTF-8; nil if the bytes are invalid. A lone surrogate stays, as in Python.
local function from_units(raw, width, is_little)
    if #raw % width ~= 0 then return nil end
    local pieces, high = {}, nil
    for at = 1, #raw, width do
        local code = 0
        for index = 0, width - 1 do
            code = code * 256 + raw:byte(is_little and at + width - 1 - index or at + index)
        end
        if code > 0x10ffff then return nil end
        local is_low = code >= 0xdc00 and code < 0xe000
        if high and is_low and width == 2 then
            pieces[#pieces] = utf8_of(0x10000 + (high - 0xd800) * 0x400 + code - 0xdc00)
        else
            table.insert(pieces, utf8_of(code))
        end
        high = code >= 0xd800 and code < 0xdc00 and code or nil
    end
    return table.concat(pieces)
end

-- The width of the text's units, whether it is little-endian, and the length of its byte order mark; nil for
-- UTF-8. Detected as in json.loads.
local function units_of(raw)
    local a, b, c, d = raw:byte(1, 4)
    if raw:sub(1, 4) == "\0\0\254\255" then return 4, false, 4 end
    if raw:sub(1, 4) == "\255\254\0\0" then return 4, true, 4 end
    if raw:sub(1, 2) == "\254\255" then return 2, false, 2 end
    if raw:sub(1, 2) == "\255\254" then return 2, true, 2 end
    if #raw >= 4 then
        if a == 0 then return b == 0 and 4 or 2, false, 0 end
        if b == 0 then return c == 0 and d == 0 and 4 or 2, true, 0 end
    elseif #raw == 2 then
        if a == 0 then return 2, false, 0 end
        if b == 0 then return 2, true, 0 end
    end
    return nil
end

-- The JSON as UTF-8, and whether its byte offsets are unchanged.
local function decoded(raw)
    if raw:sub(1, 3) == "\239\187\191" then return raw:sub(4), false end
    local width, is_little, mark = units_of(raw)
    if not width then return raw, true end
    return from_units(raw:sub(mark + 1), width, is_little), false
end

local json_value

local function skip(text, at)
    return text:find("[^ \t\n\r]", at) or #text + 1
end

local function json_fail(at, what)
    error({ at = at - 1, what = what }, 0)
end

local function json_string(text, at)
    local from = at
    at = at + 1
    while true do
        local stop = text:find('[%z\1-\31"\\]', at)
        if not stop then json_fail(from, "a string without an end") end
        local char = text:sub(stop, stop)
        if char == '"' then
            return { kind = "str", text = text:sub(from, stop), from = from, stop = stop + 1 }, stop + 1
        elseif char ~= "\\" then
            json_fail(stop, "a control character in a string")
        elseif text:find('^["\\/bfnrt]', stop + 1) then
            at = stop + 2
        elseif text:find("^u%x%x%x%x", stop + 1) then
            at = stop + 6
        else
            json_fail(stop, "an escape that is none")
        end
    end
end

local function json_number(text, at)
    for _, word in ipairs({ "-Infinity", "Infinity", "NaN" }) do
        if text:sub(at, at + #word - 1) == word then
            return { kind = "float", text = word, from = at, stop = at + #word }, at + #word
        end
    end
    local _, stop = text:find("^%-?0", at)
    if not stop then
        _, stop = text:find("^%-?[1-9]%d*", at)
    end
    if not stop then json_fail(at, "no value") end
    local kind = "int"
    for _, part in ipairs({ "^%.%d+", "^[eE][+-]?%d+" }) do
        local _, further = text:find(part, stop + 1)
        if further then stop, kind = further, "float" end
    end
    return { kind = kind, text = text:sub(at, stop), from = at, stop = stop + 1 }, stop + 1
end

-- The contents of brackets. `member` reads one element and returns its end.
local function json_all(text, at, close, member)
    at = skip(text, at + 1)
    if text:sub(at, at) == close then return at + 1 end
    while true do
        at = skip(text, member(at))
        local char = text:sub(at, at)
        if char == close then return at + 1 end
        if char ~= "," then json_fail(at, "no comma and no end") end
        at = skip(text, at + 1)
    end
end

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- The value of a JSON string. A lone surrogate is shown as the replacement character.
local function unescaped(text)
    local pieces, at, last = {}, 2, #text - 1
    while at <= last do
        local stop = text:find("\\", at, true)
        if not stop or stop > last then break end
        table.insert(pieces, text:sub(at, stop - 1))
        local letter = text:sub(stop + 1, stop + 1)
        at = stop + 2
        if letter == "u" then
            local code = tonumber(text:sub(at, at + 3), 16)
            at = at + 4
            local low = code >= 0xd800 and code < 0xdc00 and text:match("^\\u([dD][c-fC-F]%x%x)", at)
            if low then
                code, at = 0x10000 + (code - 0xd800) * 0x400 + tonumber(low, 16) - 0xdc00, at + 6
            elseif code >= 0xd800 and code < 0xe000 then
                code = 0xfffd
            end
            table.insert(pieces, utf8_of(code))
        else
            table.insert(pieces, ESCAPES[letter] or letter)
        end
    end
    table.insert(pieces, text:sub(at, last))
    return table.concat(pieces)
end

local function json_object(text, at, depth)
    local members, by_key = {}, {}
    local stop = json_all(text, at, "}", function(from)
        if text:sub(from, from) ~= '"' then json_fail(from, "no key") end
        local key, behind = json_string(text, from)
        behind = skip(text, behind)
        if text:sub(behind, behind) ~= ":" then json_fail(behind, "no colon") end
        local value
        value, behind = json_value(text, skip(text, behind + 1), depth)
        local name = unescaped(key.text)
        table.insert(members, { key = name, value = value, from = from, stop = behind })
        by_key[name] = value
        return behind
    end)
    return { kind = "dict", members = members, by_key = by_key, from = at, stop = stop }, stop
end

local function json_array(text, at, depth)
    local members = {}
    local stop = json_all(text, at, "]", function(from)
        local value, behind = json_value(text, from, depth)
        table.insert(members, { key = whole(#members), value = value, from = from, stop = behind })
        return behind
    end)
    return { kind = "list", members = members, from = at, stop = stop }, stop
end

json_value = function(text, at, depth)
    if depth > JSON_MAX_DEPTH then json_fail(at, "nested too deep") end
    local char = text:sub(at, at)
    if char == "{" then return json_object(text, at, depth + 1) end
    if char == "[" then return json_array(text, at, depth + 1) end
    if char == '"' then return json_string(text, at) end
    for word, kind in pairs({ ["true"] = "bool", ["false"] = "bool", null = "NoneType" }) do
        if text:sub(at, at + #word - 1) == word then
            return { kind = kind, text = word, from = at, stop = at + #word }, at + #word
        end
    end
    return json_number(text, at)
end

-- The value; or nil, the reason, and whether more text could correct it.
local function json_read(text)
    if not text then return nil, "no UTF-16 or UTF-32", false end
    if text == "" then return nil, "nothing", true end
    local bad = utf8_error(text, true)
    if bad then return nil, "no UTF-8 at byte " .. whole(bad), bad > #text - 4 end
    local done, value = pcall(function()
        local value, stop = json_value(text, skip(text, 1), 0)
        stop = skip(text, stop)
        if stop <= #text then json_fail(stop, "something behind the value") end
        return value
    end)
    if done then return value end
    if type(value) ~= "table" then return nil, tostring(value), false end
    local is_cut = value.at > #text - 6 or value.what == "a string without an end"
    return nil, value.what .. " at byte " .. whole(value.at), is_cut
end

-- The value at a path of keys; nil if a key is absent; false if a value on the path has no keys, with the path
-- so far and that value.
local function json_lookup(value, keys)
    for depth, key in ipairs(keys) do
        if value.kind == "dict" then
            value = value.by_key[key]
        elseif value.kind == "list" and key:find("^%d+$") then
            local member = value.members[tonumber(key) + 1]
            value = member and member.value
        else
            return false, table.concat(keys, ".", 1, depth - 1), value.kind
        end
        if not value then return nil end
    end
    return value
end
