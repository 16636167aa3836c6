// Both directions on one time axis. Time runs downwards; the client is on the left, the server on the right,
// the recorder between them.

const GAP_MIN = 26;
const GAP_MAX = 70;

function ladder({ events, left_out: leftOut }) {
  if (events.length === 0) return make("p", { class: "nothing" }, "Nothing went over the wire.");
  const isNarrow = matchMedia("(max-width: 700px)").matches;
  const width = isNarrow ? 340 : 760;
  const lanes = isNarrow ? { client: 88, network: 206, server: 324 } : { client: 150, network: 430, server: 710 };
  const delivers = new Set(events.filter((it) => it[3] === "delivered").map((it) => it[2]));
  if (events.some((it) => it[3] === "fault")) delivers.add("fault");
  const several = events.some((it) => it[1] > 0);
  const longest = events.at(-1)[0] - events[0][0];
  let y = 56;
  let last = events[0][0];
  const marks = events.map((event, nth) => {
    const gap = event[0] - last;
    const wanted = longest > 0 ? gap / longest * 500 : 0;
    const isCut = wanted > GAP_MAX;
    y += nth === 0 ? 0 : Math.max(GAP_MIN, Math.min(GAP_MAX, wanted));
    const mark = [];
    if (isCut) mark.push(axisBreak(lanes, y - GAP_MAX / 2, gap));
    if (leftOut && nth === leftOut[1]) {
      mark.push(makeSvg("text", { x: lanes.network, y: y + 4, class: "break" }, `${number(leftOut[0])} events left out`));
      y += GAP_MIN;
    }
    last = event[0];
    return [...mark, ...drawEvent(event, y, lanes, delivers, several, isNarrow)];
  });
  const height = y + 28;
  const lane = (name, label) => [
    makeSvg("line", { class: `lane ${name}`, x1: lanes[name], x2: lanes[name], y1: 34, y2: height - 8 }),
    makeSvg("text", { class: "lane-name", x: lanes[name], y: 22, "text-anchor": "middle" }, label)];
  return make("div", { class: "scroll ladder", tabindex: 0, role: "region", "aria-label": "Events in time" },
    makeSvg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": "What went between client and server in time; the table below says the same in words" },
      makeSvg("text", { class: "time", x: 6, y: 22 }, "time"),
      lane("client", "client"), lane("network", isNarrow ? "rec." : "recorder"), lane("server", "server"), marks));
}

function axisBreak(lanes, y, microseconds) {
  const zigzag = `M${lanes.client - 16} ${y - 5}l6 5-6 5`;
  return makeSvg("g", { class: "break" }, makeSvg("path", { d: zigzag }),
    makeSvg("text", { x: lanes.client - 24, y: y + 4, "text-anchor": "end" }, `+${time(microseconds)}`));
}

function time(microseconds) {
  return microseconds < 1_000_000 ? `${(microseconds / 1000).toFixed(2)} ms` : `${(microseconds / 1e6).toFixed(2)} s`;
}

function drawEvent([at, connection, direction, what, offset, length], y, lanes, delivers, several, isNarrow) {
  const toServer = direction === "to-server";
  const [sender, receiver] = toServer ? [lanes.client, lanes.server] : [lanes.server, lanes.client];
  const middle = lanes.network;
  // If the network disturbs, only the recorder sees what a sender does.
  const isCut = delivers.has(direction);
  const endsAt = isCut || delivers.has("fault") ? middle : receiver;
  const [from, to] = {
    connect: [lanes.client, middle], open: [middle, lanes.server], delivered: [middle, receiver],
    segment: [sender, isCut ? middle : receiver], fin: [sender, endsAt], reset: [sender, endsAt],
    fault: [middle, middle],
  }[what];
  const label = eventLabel(what, offset, length, isNarrow);
  const prefix = several ? `#${connection + 1} ` : "";
  const kind = `event ${what} ${direction}`;
  const texts = [makeSvg("text", { class: "time", x: 6, y: y + 4 }, time(at))];
  if (what === "fault") {
    return [...texts, makeSvg("g", { class: kind },
      makeSvg("path", { d: `M${middle + 3} ${y - 11}l-8 12h6l-4 10 10-13h-6z` }),
      makeSvg("text", { x: middle + 14, y: y + 4 }, `${prefix}${label}`))];
  }
  const sign = Math.sign(to - from);
  const end = what === "reset"
    ? makeSvg("path", { class: "head", d: `M${to - sign * 14} ${y - 5}l10 10m0-10l-10 10` })
    : makeSvg("path", { class: "head", d: `M${to} ${y}l${-sign * 8} -4v8z` });
  const closes = what === "fin" && makeSvg("path", { class: "head", d: `M${from + sign * 4} ${y - 6}v12` });
  return [...texts, makeSvg("g", { class: kind },
    makeSvg("line", { x1: from, x2: to - sign * 6, y1: y, y2: y }), end, closes,
    makeSvg("text", { x: (from + to) / 2, y: y - 5, "text-anchor": "middle" }, `${prefix}${label}`))];
}

function eventLabel(what, offset, length, isNarrow) {
  const bytes = isNarrow ? `${number(length)} B`
    : length === 0 ? "0 bytes" : `${plural(length, "byte")}  (${range({ from: offset, to: offset + length })})`;
  return {
    connect: "connects", open: "accepts", segment: bytes, delivered: isNarrow ? bytes : `gives on ${bytes}`,
    fin: isNarrow ? "FIN" : "FIN: end of stream", reset: isNarrow ? "RST" : "RST: reset",
    fault: isNarrow ? "fault" : "the network's fault",
  }[what];
}

// The same as a table.
function eventTable({ events, left_out: leftOut }) {
  const several = events.some((it) => it[1] > 0);
  const rows = events.map(([at, connection, direction, what, offset, length, preview], nth) => [
    leftOut && nth === leftOut[1] && make("tr", { class: "gap" },
      make("td", { colspan: 4 }, `${number(leftOut[0])} events left out`)),
    make("tr", {}, make("td", { class: "time" }, time(at)),
      make("td", {}, direction === "to-server" ? "client → server" : "server → client",
        several && ` (connection ${connection + 1})`),
      make("td", {}, eventLabel(what, offset, length, false)),
      make("td", { class: "text" }, [...fromHex(preview)].map(glyph).join(""),
        preview.length / 2 < length && "…"))]);
  return make("details", {}, make("summary", {}, `The same as a table: ${plural(events.length, "event")}`),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Events as a table" },
      make("table", { class: "events" },
        make("thead", {}, make("tr", {}, ["time", "direction", "what", "first bytes"]
          .map((name) => make("th", { scope: "col" }, name)))),
        make("tbody", {}, rows))));
}
