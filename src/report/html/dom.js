// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// What the scripts of all pages use: making elements, showing texts from outside, and unpacking data. Texts are only
// ever set as text, never parsed as HTML.
"use strict";

// Characters that change the direction of the text after them, and control characters that have no glyph.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const byId = (id) => document.getElementById(id);

/** Returns a whole number with commas between its thousands. */
const counted = (number) => number.toLocaleString("en");

/** Makes an element; a child that is a string becomes text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.flat(Number.POSITIVE_INFINITY).filter((child) => child != null && child !== false));
  return made;
}

/** Returns a text as nodes in which control characters are visible. */
function visible(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(CONTROL)) {
    if (match.index > from) nodes.push(text.slice(from, match.index));
    nodes.push(element("span", { class: "control" }, `\\u{${match[0].codePointAt(0).toString(16)}}`));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes;
}

/** Returns a name from outside, isolated from the text around it. */
const name = (text) => element("bdi", {}, visible(text));

/** Decodes and decompresses a part of the data in the page. */
async function unpack(id) {
  const bytes = Uint8Array.from(atob(byId(id).textContent.trim()), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
