// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// Texts of the page from their nodes, which are made by nodes.rs: what each kind of node looks like. Uses dom.js.

// UTF-16 code units of a text from which on it scrolls in its own box.
const LONG_TEXT = 20_000;

// A text whose first letter is one of a script that is written from right to left.
const RIGHT_TO_LEFT =
  /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** Returns the beginning of the text of nodes, up to one with a letter. */
function opening(nodes) {
  for (const node of nodes) {
    const text = typeof node === "string" ? node : opening(node[1]);
    if (/\p{L}/u.test(text)) return text;
  }
  return "";
}

/**
 * Returns the direction of a box that holds blocks. "auto" would not look into blocks with a direction of their own, and
 * the marks of a list, the line of a quote and the columns of a table stand on a side of the box.
 */
const direction = (nodes) => (RIGHT_TO_LEFT.test(opening(nodes)) ? "rtl" : "ltr");

const kids = (children, view) => children.map((child) => nodeView(child, view));
/** Returns a view that makes an element with the direction of its own text. */
const block = (tag) => (children, _, view) => element(tag, { dir: "auto" }, kids(children, view));
const inline = (tag) => (children, _, view) => element(tag, {}, kids(children, view));

/** Returns the address of a link or an image; it is text, and leads nowhere. */
const address = (text) => element("span", { class: "address", dir: "ltr" }, " (", visible(text), ")");

const plainText = (node) => (typeof node === "string" ? node : node[1].map(plainText).join(""));

const NODES = {
  paragraph: block("p"),
  heading: (children, level, view) =>
    element(`h${Math.min(level + 3, 6)}`, { dir: "auto", class: `level-${level}` }, kids(children, view)),
  quote: (children, _, view) => element("blockquote", { dir: direction(children) }, kids(children, view)),
  list: (children, start, view) =>
    start === null
      ? element("ul", { dir: direction(children) }, kids(children, view))
      : element("ol", { dir: direction(children), start: start === 1 ? null : start }, kids(children, view)),
  item: inline("li"),
  check: (_, isDone) =>
    element("span", { class: "task", role: "img", "aria-label": isDone ? "done:" : "to do:" }, isDone ? "☑ " : "☐ "),
  "code-block": (children, language, view) => [
    language !== "" && element("div", { class: "role" }, name(language)),
    element(
      "pre",
      { class: "scroller", dir: "ltr", "data-what": `Code ${language}` },
      element("code", {}, kids(children, view)),
    ),
  ],
  "html-block": (children, _, view) => element("pre", { class: "html", dir: "auto" }, kids(children, view)),
  html: (children, _, view) => element("code", { class: "html" }, kids(children, view)),
  table: ([head, ...rows], _, view) =>
    element(
      "div",
      { class: "wide scroller", "data-what": "Table" },
      element(
        "table",
        { dir: direction([head, ...rows]) },
        head && element("thead", {}, rowView(head, "th", view)),
        element(
          "tbody",
          {},
          rows.map((row) => rowView(row, "td", view)),
        ),
      ),
    ),
  emphasis: inline("em"),
  strong: inline("strong"),
  deleted: inline("del"),
  code: inline("code"),
  token: (children, kind, view) => element("span", { class: `token-${kind}` }, kids(children, view)),
  mark: (children, _, view) => (view.differences ? element("mark", {}, kids(children, view)) : kids(children, view)),
  link: (children, to, view) => {
    const text = children.map(plainText).join("");
    return [element("span", { class: "link" }, kids(children, view)), text !== to && address(to)];
  },
  image: (children, to, view) =>
    element("span", { class: "image" }, "[image: ", element("bdi", {}, kids(children, view)), "]", address(to)),
  break: () => element("br"),
  rule: () => element("hr"),
};

function rowView([, cells], tag, view) {
  const scope = tag === "th" ? "col" : null;
  return element(
    "tr",
    {},
    cells.map(([, children]) => element(tag, { dir: "auto", scope }, kids(children, view))),
  );
}

/** Returns a node as elements and texts; a kind that is not known shows what it holds. */
function nodeView(node, view) {
  if (typeof node === "string") return visible(node);
  const [kind, children, detail] = node;
  return Object.hasOwn(NODES, kind) ? NODES[kind](children, detail, view) : kids(children, view);
}

/** Returns a text, as Markdown or as it was written. */
function textView(text, view) {
  if (text.length === 0) return element("p", { class: "note" }, "(empty)");
  const isRaw = view.raw || text.markdown === null;
  const isLong = text.length > LONG_TEXT;
  const long = `${counted(text.length)} characters: scroll in the box to read all of them`;
  const kind = `text outside ${isRaw ? "raw" : "markdown"}${text.code ? " code" : ""}${isLong ? " long" : ""}`;
  return [
    text.note && !view.raw && element("p", { class: "note" }, text.note),
    isLong && element("p", { class: "note" }, long),
    element(
      "div",
      { class: kind, dir: isRaw ? "auto" : direction(text.markdown), tabindex: isLong ? "0" : null },
      kids(isRaw ? text.raw : text.markdown, view),
    ),
  ];
}

function callView(call, view) {
  return element(
    "div",
    { class: "call" },
    element("div", { class: "role" }, "calls ", element("strong", {}, name(call.name))),
    call.arguments.length === 0
      ? element("p", { class: "note" }, "without arguments")
      : element(
          "pre",
          { class: "scroller", dir: "ltr", "data-what": "Arguments" },
          element("code", {}, kids(call.arguments, view)),
        ),
  );
}

function turnView(turn, view) {
  const isResult = turn.role === "tool";
  const who = isResult ? ["result", turn.name && [" of ", name(turn.name)]] : [name(turn.role)];
  return element(
    "div",
    { class: `turn${isResult ? " result" : ""}` },
    element("div", { class: "role" }, who, !isResult && turn.name && [" (", name(turn.name), ")"]),
    turn.text && textView(turn.text, view),
    turn.calls.map((call) => callView(call, view)),
  );
}

/** Returns a prompt or a response; `what` is the word for it. */
function contentView(content, what, view) {
  if (content.empty) return element("p", { class: "note" }, `(empty ${what})`);
  if (!content.conversation) return textView(content.turns[0].text, view);
  return content.turns.map((turn) => turnView(turn, view));
}

/** Lets boxes that scroll sideways have the focus, so that keys can scroll them, and the others not. */
function markScrollers(within) {
  for (const one of within.querySelectorAll(".scroller")) {
    if (one.scrollWidth > one.clientWidth + 1) {
      one.setAttribute("tabindex", "0");
      one.setAttribute("role", "region");
      one.setAttribute("aria-label", `${one.dataset.what.trim()}, scrolls sideways`);
    } else {
      for (const attribute of ["tabindex", "role", "aria-label"]) one.removeAttribute(attribute);
    }
  }
}
