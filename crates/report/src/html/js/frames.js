// Frames: which bytes are header, dict and body, and two dicts compared key by key.

const PART_NAMES = ["header", "dict", "body"];

function partsOf(side) {
  return (side?.frames?.frames ?? []).flatMap((frame) => framePlaces(frame));
}

// The places of a frame's parts. A protocol file has its own part names, which share three colours.
function framePlaces(frame) {
  if (frame.parts) return frame.parts.map((part, nth) => ({ ...part, colour: PART_NAMES[nth % PART_NAMES.length] }));
  const places = [];
  if (frame.header) places.push({ name: "header", from: frame.at, to: frame.at + 4 });
  const dictAt = frame.at + 4;
  if (frame.dict_len) places.push({ name: "dict", from: dictAt, to: dictAt + frame.dict_len });
  const bodyAt = dictAt + (frame.dict_len ?? 0);
  if (frame.body?.[1]) places.push({ name: "body", from: bodyAt, to: bodyAt + frame.body[1] });
  return places;
}

function frameSections(unit) {
  const right = unit.expected?.frames;
  const found = unit.same ? right : unit.found?.frames;
  if (!right && !found) return [];
  const count = Math.max(right?.frames.length ?? 0, found?.frames.length ?? 0);
  const pairs = Array.from({ length: count }, (_, nth) => [right?.frames[nth], found?.frames[nth]]);
  const isWrong = ([one, other]) => !unit.same && JSON.stringify(one) !== JSON.stringify(other);
  const wrong = Math.max(0, pairs.findIndex(isWrong));
  return [
    !unit.same && found?.trouble && make("p", { class: "trouble" },
      make("b", {}, "What was seen is not made of frames: "), visible(found.trouble)),
    count > 0 && make("ul", { class: "legend", "aria-hidden": "true" },
      partNames(pairs).map(([name, colour]) => make("li", {}, make("span", { class: `part ${colour}` }, name))),
      !unit.same && make("li", {}, make("mark", { class: "part differs" }, "differs")),
      !unit.same && make("li", {}, make("mark", { class: "part differs parting" }, "parts here"))),
    ...pairs.map((pair, nth) => frameSection(pair, nth, count, nth === wrong, unit)),
  ];
}

// The names of the parts of these frames, with their colours.
function partNames(pairs) {
  const named = pairs.flat().filter((frame) => frame?.parts);
  if (named.length === 0) return PART_NAMES.map((name) => [name, name]);
  return [...new Map(named.flatMap(framePlaces).map(({ name, colour }) => [name, colour]))];
}

function frameSection([right, found], nth, count, isOpen, unit) {
  const tables = [partsTable(right, found, unit), dictTable(right, found)];
  if (count === 1) return make("div", { class: "frame" }, tables);
  return make("details", { class: "frame", open: isOpen },
    make("summary", {}, `Frame ${nth + 1} of ${count}${(found ?? right).name ? `: ${(found ?? right).name}` : ""}`), tables);
}

function partsTable(right, found, unit) {
  const rows = partNames([[right, found]]).map(([name, colour]) => {
    const [one, other] = [partText(right, name), partText(found, name, right)];
    if (!one && !other) return null;
    return comparedRow(make("span", { class: `part ${colour}` }, name), one, other, "span",
      partKey(right, name) === partKey(found, name));
  });
  return comparison("part", rows, unit.same ? "Parts of the frame" : "Parts of the frame, as expected and as seen");
}

function partText(frame, name, right) {
  const place = frame && framePlaces(frame).find((it) => it.name === name);
  if (frame?.parts) {
    return place ? `bytes ${range(place)}: ${place.value}${place.masked ? " (masked)" : ""}` : "";
  }
  if (name === "header" && frame?.header) {
    const [value, swapped] = frame.header;
    const isSwapped = right?.header && value !== right.header[0]
      && [right.header[0], frame.dict_len].includes(swapped);
    return `bytes ${range(place)}: ${value}${isSwapped ? `, which in the other byte order is ${swapped}` : ""}`;
  }
  if (name === "body" && frame?.body) {
    const [announced, there] = frame.body;
    const where = place ? `bytes ${range(place)}: ` : "";
    return announced === there ? `${where}${plural(there, "byte")}`
      : `${where}${number(there)} of the ${plural(announced, "byte")} that the dict announces`;
  }
  if (!place) return "";
  const how = frame.guessed ? ", found by reading on after the header" : "";
  return `bytes ${range(place)}: ${plural(place.to - place.from, "byte")}${how}`;
}

// A key that two corresponding parts share, however they were found.
function partKey(frame, name) {
  const place = frame && framePlaces(frame).find((it) => it.name === name);
  return JSON.stringify([place ?? null, name === "header" && frame?.header, name === "body" && frame?.body]);
}

function range({ from, to }) {
  return to - from === 1 ? String(from) : `${from}–${to - 1}`;
}

function dictTable(right, found) {
  const keysOf = (frame) => new Map((frame?.keys ?? []).map(([key, value, type]) => [key, `${value} (${type})`]));
  const [one, other] = [keysOf(right), keysOf(found)];
  if (one.size === 0 && other.size === 0) return null;
  const names = [...new Set([...one.keys(), ...other.keys()])];
  const rows = names.map((key) => comparedRow(make("code", {}, visible(key)), one.get(key), other.get(key), "code"));
  const both = [...one.keys()].every((key) => one.get(key) === other.get(key)) && one.size === other.size;
  const isReordered = [...one.keys()].join() !== [...other.keys()].join();
  return [comparison("key", rows, "The dict, key by key"),
    both && isReordered && make("p", {}, "The keys are in a different order."),
    both && !isReordered && right?.dict_len !== found?.dict_len && make("p", {},
      "Each key has the right value; only the way the text is written differs.")];
}

function comparedRow(name, right, found, element = "span", isSame = right === found) {
  const state = isSame ? "same" : !found ? "missing" : !right ? "extra" : "differs";
  const shown = (text) => (text ? make(element, {}, visible(text)) : make("span", { class: "nothing" }, "none"));
  return make("tr", { class: state === "same" ? "" : "wrong" },
    make("th", { scope: "row" }, name), make("td", {}, shown(right)), make("td", {}, shown(found)),
    make("td", { class: "state" }, state === "same" ? icon("pass") : icon("fail"), " ", state));
}

function comparison(first, rows, caption) {
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make("table", { class: "compare" },
      make("caption", {}, caption),
      make("thead", {}, make("tr", {}, [first, "expected", "seen", ""]
        .map((name) => make("th", { scope: "col" }, name || hidden("same?"))))),
      make("tbody", {}, rows)));
}
