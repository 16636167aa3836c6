-- Text ---------------------------------------------------------------------------------------------

-- The offset where the text stops being UTF-8, if it does. JSON may contain a lone surrogate, as in Python.
local function utf8_error(text, lets_surrogates)
    local at, length = 1, #text
    while at <= length do
        -- ASCII, most of the time.
        at = text:find("[\128-\255]", at)
        if not at then return nil end
        local first = text:byte(at)
        local more, low, high = nil, 0x80, 0xbf
        if first >= 0xc2 and first <= 0xdf then
            more = 1
        elseif first >= 0xe0 and first <= 0xef then
            more = 2
            if first == 0xe0 then low = 0xa0 elseif first == 0xed and not lets_surrogates then high = 0x9f end
        elseif first >= 0xf0 and first <= 0xf4 then
            more = 3
            if first == 0xf0 then low = 0x90 elseif first == 0xf4 then high = 0x8f end
        else
            return at - 1
        end
        for next = 1, more do
            local byte = text:byte(at + next)
            if not byte or byte < low or byte > high then return at - 1 end
            low, high = 0x80, 0xbf
        end
        at = at + 1 + more
    end
    return nil
end

-- The same for GBK: checks the ranges of the bytes, and has no table of the characters.
local function gbk_error(text)
    local at = text:find("[\128-\255]")
    while at do
        local first, second = text:byte(at, at + 1)
        local is_pair = first > 0x80 and first < 0xff and second
            and second >= 0x40 and second ~= 0x7f and second < 0xff
        if not is_pair then return at - 1 end
        at = text:find("[\128-\255]", at + 2)
    end
    return nil
end

local function text_error(encoding, text)
    if encoding == "utf-8" then return utf8_error(text, false) end
    if encoding == "gbk" then return gbk_error(text) end
    if encoding == "ascii" then
        local at = text:find("[\128-\255]")
        return at and at - 1
    end
    return nil
end

-- A field's text ends at a NUL, so a NUL is shown as its symbol.
local function clean(text)
    return (text:gsub("%z", "\226\144\128"))
end

-- Shows bytes that are mostly text as text.
local function printable(bytes)
    if not utf8_error(bytes, false) then return clean(bytes) end
    return (bytes:gsub("[%z\1-\31\127-\255]", function(byte) return string.format("\\x%02x", byte:byte()) end))
end

local function utf8_of(code)
    local function tail(shift)
        return 0x80 + math.floor(code / shift) % 64
    end
    if code < 0x80 then return string.char(code) end
    if code < 0x800 then return string.char(0xc0 + math.floor(code / 64), tail(1)) end
    if code < 0x10000 then return string.char(0xe0 + math.floor(code / 4096), tail(64), tail(1)) end
    return string.char(0xf0 + math.floor(code / 262144), tail(4096), tail(64), tail(1))
end

-- The text that is shown until Wireshark has decoded it. What this file can't decode is shown as escapes.
local function shown_text(encoding, bytes)
    if encoding == "latin-1" then
        bytes = bytes:gsub("[\128-\255]", function(byte) return utf8_of(byte:byte()) end)
    elseif encoding == "gbk" then
        return printable(bytes)
    end
    return clean(bytes)
end

-- Wireshark decodes GBK. In a version that can't, the escapes stay.
local GBK = rawget(_G, "ENC_GB18030")

-- The length of a character with this first byte. A byte that can't begin one counts as one.
local function character_bytes(encoding, first)
    if encoding == "gbk" then return first > 0x80 and first < 0xff and 2 or 1 end
    if encoding ~= "utf-8" then return 1 end
    if first >= 0xc2 and first <= 0xdf then return 2 end
    if first >= 0xe0 and first <= 0xef then return 3 end
    if first >= 0xf0 and first <= 0xf4 then return 4 end
    return 1
end

-- The number of bytes of this many characters; or nil, and the number of whole characters.
local function bytes_of_characters(encoding, text, wanted)
    local at, count = 1, 0
    while count < wanted do
        local first = text:byte(at)
        local behind = first and at + character_bytes(encoding, first)
        if not behind or behind > #text + 1 then return nil, count end
        at, count = behind, count + 1
    end
    return at - 1, count
end

local function shortened(text, length)
    if #text <= length then return text end
    local stop = length
    while stop > 0 and (text:byte(stop + 1) or 0) >= 0x80 and text:byte(stop + 1) < 0xc0 do stop = stop - 1 end
    return text:sub(1, stop) .. "..."
end

-- An integer of any size, without a point or an exponent.
local function whole(number)
    return string.format("%.0f", number)
end

-- A decimal number, as Python's int() accepts it: with white space around it and a sign.
local function decimal(text)
    local sign, digits = text:match("^[ \t\n\v\f\r]*([-+]?)0*(%d+)[ \t\n\v\f\r]*$")
    if not digits or #digits > 38 then return nil end
    return (sign == "-" and "-" or "") .. digits
end

-- The same as Int64, or nil if it does not fit.
local function int64(text)
    local sign, digits = text:match("^(-?)(%d+)$")
    if not digits then return nil end
    local low, high = 0, 0
    for digit in digits:gmatch("%d") do
        low = low * 10 + tonumber(digit)
        local carry = math.floor(low / 4294967296)
        low, high = low - carry * 4294967296, high * 10 + carry
        if high >= 2147483648 then return nil end
    end
    local number = Int64.new(low, high)
    return sign == "-" and -number or number
end
