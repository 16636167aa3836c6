// Annotated hex: sixteen bytes per row (eight on a phone), text beside it, and the parts of frames marked.
// Where two sequences differ, their rows are below each other.

const ROWS_AROUND = 2;
const ROWS_ALWAYS = 48;

function rowBytes() {
  return matchMedia("(max-width: 700px)").matches ? 8 : 16;
}

// The kept bytes by offset, with the part that each belongs to.
class Sequence {
  constructor(side) {
    this.length = side?.len ?? 0;
    this.pieces = (side?.pieces ?? []).map(([at, hex]) => ({ at, bytes: fromHex(hex) }));
    this.parts = partsOf(side);
  }

  at(offset) {
    const piece = this.pieces.find((it) => offset >= it.at && offset < it.at + it.bytes.length);
    return piece?.bytes[offset - piece.at];
  }

  partAt(offset) {
    return this.parts.find((part) => offset >= part.from && offset < part.to) ?? { name: "rest" };
  }

  // The offsets of the rows that have any bytes.
  rows(width) {
    return this.pieces.flatMap(({ at, bytes }) => {
      const first = at - (at % width);
      return Array.from({ length: Math.ceil((at + bytes.length - first) / width) },
        (_, nth) => first + nth * width);
    });
  }

  row(offset, width) {
    return Array.from({ length: width }, (_, nth) => this.at(offset + nth));
  }
}

// Rows in order; a run of uninteresting rows is one item. `other` is null if there is only one sequence.
function hexItems(one, other, width, parting) {
  const offsets = [...new Set([...one.rows(width), ...(other?.rows(width) ?? [])])].sort((a, b) => a - b);
  const near = parting === undefined ? -1 : parting - (parting % width);
  const rows = offsets.map((offset) => {
    const right = one.row(offset, width);
    const seen = other?.row(offset, width);
    const isSame = !other || right.every((byte, nth) => byte === seen[nth]);
    return { offset, right, seen: isSame ? null : seen };
  });
  const isNeeded = (row, nth) => rows.length <= ROWS_ALWAYS || nth < 4 || nth >= rows.length - 2
    || near >= 0 && Math.abs(row.offset - near) <= ROWS_AROUND * width
    || row.seen && row.offset - near < ROWS_ALWAYS / 2 * width;
  return rows.map((row, nth) => ({ ...row, isNeeded: isNeeded(row, nth) }));
}

// A table of one sequence, or of the right and the seen one. `names` are for screen readers; `where` says where
// the omitted bytes are. An excerpt has only the bytes around the first difference.
function hexTable({ expected, found, parting, caption, where, isExcerpt }) {
  if (!expected?.len && !found?.len) return null;
  const width = rowBytes();
  const one = new Sequence(expected ?? found);
  const other = expected && found ? new Sequence(found) : null;
  const body = make("tbody");
  let next = 0;
  let folded = [];
  const unfold = () => {
    if (folded.length > 0) body.append(foldedRows(folded, (row) => hexRows(row, one, other, width, parting)));
    folded = [];
  };
  const isNear = (row) => Math.abs(row.offset - parting) < 2 * width;
  const items = hexItems(one, other, width, parting);
  for (const row of isExcerpt ? items.filter(isNear) : items) {
    if (!isExcerpt && row.offset > next) {
      unfold();
      body.append(gapRow(`${plural(row.offset - next, "byte")} left out${where ? `, in ${where}` : ""}`));
    }
    next = row.offset + width;
    if (!row.isNeeded) {
      folded.push(row);
      continue;
    }
    unfold();
    body.append(...hexRows(row, one, other, width, parting));
  }
  unfold();
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make("table", { class: "hex" },
      make("caption", { class: "hidden" }, caption),
      make("thead", { class: "hidden" }, make("tr", {}, ["whose", "offset", "bytes", "text"]
        .map((name) => make("th", { scope: "col" }, name)))), body));
}

function gapRow(...what) {
  return make("tr", { class: "gap" }, make("td", { colspan: 4 }, what));
}

function foldedRows(rows, render) {
  const line = gapRow(make("button", {
    type: "button",
    onclick: () => line.replaceWith(...rows.flatMap(render)),
  }, `Show ${plural(rows.length, "more row")}`));
  return line;
}

function hexRows({ offset, right, seen }, one, other, width, parting) {
  const line = (sequence, bytes, against, sign, whose) => {
    const runs = hexRuns(bytes, against, offset, sequence, parting);
    return make("tr", { class: whose },
      make("td", { class: "sign" }, sign && make("span", { "aria-hidden": "true" }, sign),
        whose && hidden(whose)),
      make("th", { scope: "row" }, offset.toString(16).padStart(width === 16 ? 8 : 4, "0")),
      make("td", { class: "bytes" }, runs.map((run) => run.hex)),
      make("td", { class: "text" }, runs.map((run) => run.text)));
  };
  if (!seen) return [line(one, right, null, "", "")];
  const has = (bytes) => bytes.some((byte) => byte !== undefined);
  return [
    ...(has(right) ? [line(one, right, seen, "−", "expected")] : []),
    ...(has(seen) ? [line(other, seen, right, "+", "seen")] : []),
  ];
}

// Neighbouring bytes of one part share an element if all differ or none does.
function hexRuns(bytes, against, offset, sequence, parting) {
  const runs = [];
  bytes.forEach((byte, nth) => {
    if (byte === undefined) return;
    const { name, colour = name } = sequence.partAt(offset + nth);
    // With nothing to compare, the sign of the row is enough.
    const differs = against !== null && byte !== against[nth] && against[nth] !== undefined;
    const isFirst = against !== null && offset + nth === parting;
    const kind = `${colour}${differs ? " differs" : ""}${isFirst ? " parting" : ""}`;
    if (runs.at(-1)?.kind !== kind || runs.at(-1).name !== name) runs.push({ kind, name, differs, hex: [], text: "" });
    const space = nth === bytes.length - 1 ? "" : nth % 8 === 7 ? "  " : " ";
    runs.at(-1).differs ||= isFirst;
    runs.at(-1).hex.push([hexOf(byte), space]);
    runs.at(-1).text += glyph(byte);
  });
  return runs.map(({ kind, name, differs, hex, text }) => {
    const element = differs ? "mark" : "span";
    const last = hex.pop();
    const inside = hex.flat().join("") + last[0];
    return {
      hex: [make(element, { class: `part ${kind}`, title: name }, inside), last[1]],
      text: make(element, { class: `part ${kind}` }, text),
    };
  });
}
