// The page of a framecheck run. No text becomes markup: elements are created by name, and all text that comes
// from a peer goes into text nodes or into attributes that are only shown.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

// Creates an element with attributes and children. A child is a node, a text, or nothing.
function make(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function makeSvg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

// The icon of a verdict. The word is always there too, at least for screen readers.
function icon(verdict) {
  return makeSvg("svg", { class: `icon v-${verdict}`, "aria-hidden": "true", width: 16, height: 16 },
    makeSvg("use", { href: `#icon-${verdict}` }));
}

function badge(verdict) {
  return make("span", { class: `badge v-${verdict}` }, icon(verdict), make("span", {}, verdict));
}

function hidden(text) {
  return make("span", { class: "hidden" }, text);
}

// Text from a peer: characters that are invisible or change the text direction appear as marked escapes.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

function visible(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match[0] === "\n" || match[0] === "\t") continue;
    nodes.push(text.slice(from, match.index), make("span", { class: "escape" }, escapeOf(match[0])));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes;
}

function escapeOf(character) {
  const code = character.codePointAt(0);
  if (code === 13) return "\\r";
  if (code < 256) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

const GROUPED = new Intl.NumberFormat("en");

function number(value) {
  return GROUPED.format(value);
}

function plural(count, one, many) {
  return `${number(count)} ${count === 1 ? one : many ?? `${one}s`}`;
}

function duration(milliseconds) {
  if (milliseconds < 1000) return `${number(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

function announce(text) {
  document.getElementById("live").textContent = text;
}

// A command with a copy button.
function command(label, text) {
  const line = make("code", { class: "line" }, visible(text));
  const button = make("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      announce("Copied");
    } catch {
      getSelection().selectAllChildren(line);
      announce("Selected; copy it with your keyboard");
    }
  });
  return make("div", { class: "command", role: "group", "aria-label": label }, make("span", { class: "label" }, label), line, button);
}
