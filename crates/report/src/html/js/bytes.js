// Bytes: from the data to numbers, and from numbers to readable text.

function fromHex(hex) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = parseInt(hex.substr(index * 2, 2), 16);
  }
  return bytes;
}

function hexOf(byte) {
  return byte.toString(16).padStart(2, "0");
}

// As in a usual hex dump, a dot stands for bytes that are not printable ASCII.
function glyph(byte) {
  return byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : ".";
}

// A blob is text, or bytes that are not text; those appear as \xNN within the readable text.
function blob(value) {
  return typeof value === "string" ? visible(value) : mixed(fromHex(value.hex));
}

function mixed(bytes) {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const nodes = [];
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] < 0x80 ? 1 : bytes[at] < 0xe0 ? 2 : bytes[at] < 0xf0 ? 3 : 4;
    try {
      text += strict.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      nodes.push(...visible(text), make("span", { class: "escape" }, `\\x${hexOf(bytes[at])}`));
      text = "";
      at += 1;
    }
  }
  return [...nodes, ...visible(text)];
}

// The output of a program.
function printed(text) {
  if (text.len === 0) return make("p", { class: "nothing" }, "nothing");
  const pre = make("pre", { tabindex: 0 }, blob(text.head));
  if (text.tail !== undefined) {
    const left = text.len - blobLength(text.head) - blobLength(text.tail);
    pre.append(make("span", { class: "gap" }, `${plural(left, "byte")} left out`));
    pre.append(...blob(text.tail));
  }
  return pre;
}

function blobLength(value) {
  return typeof value === "string" ? new TextEncoder().encode(value).length : value.hex.length / 2;
}
