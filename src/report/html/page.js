// The cases of the page: reads them from compressed data in the page, filters, searches and sorts them, and shows
// one at a time. Without this script the page shows everything but the cases. Uses dom.js and grades.js.
const PAGE_SIZE = 25;
const CHUNKS_IN_MEMORY = 8;
// Characters of a text from which on it scrolls in its own box.
const LONG_TEXT = 20_000;
// An id with the number of one of its pairs of systems.
const NUMBERED = /^(.*)~(\d+)$/s;

/** Returns a text with some ranges of it marked; a range is its start and its length in UTF-16 code units. */
function marked(text, ranges) {
  const nodes = [];
  let from = 0;
  for (const [start, length] of ranges ?? []) {
    nodes.push(...visible(text.slice(from, start)));
    nodes.push(element("mark", {}, visible(text.slice(start, start + length))));
    from = start + length;
  }
  nodes.push(...visible(text.slice(from)));
  return nodes;
}

/** The cases in the page; their texts are unpacked when they are needed. */
class Cases {
  #chunks = new Map();

  constructor(about, index) {
    this.about = about;
    this.index = index;
    this.count = index.id.length;
    this.rowsOfId = new Map();
    index.id.forEach((id, row) => {
      if (this.rowsOfId.has(id)) this.rowsOfId.get(id).push(row);
      else this.rowsOfId.set(id, [row]);
    });
  }

  /** Returns a chunk of cases; the least recently used of those in memory is forgotten. */
  async chunk(number) {
    const known = this.#chunks.get(number) ?? unpack(`eh-cases-${number}`);
    this.#chunks.delete(number);
    this.#chunks.set(number, known);
    if (this.#chunks.size > CHUNKS_IN_MEMORY) this.#chunks.delete(this.#chunks.keys().next().value);
    return known;
  }

  async case(row) {
    const size = this.about.chunk_size;
    const chunk = await this.chunk(Math.floor(row / size));
    return chunk[row % size];
  }

  pair(row) {
    return this.about.pairs[this.index.pair[row]];
  }

  /** Returns the state of a case, or the outcome of one judge of a jury, as a number among the states. */
  state(row, judge) {
    return judge === "" ? this.index.state[row] : this.index.judges[Number(judge)][row];
  }

  /** Returns what a case prefers: a system, "tie", or nothing. */
  winner(row) {
    return [this.pair(row)[0], this.pair(row)[1], "tie"][this.index.winner[row]];
  }

  /**
   * Returns the fragment of a link to a case: its item's id, and the number of the pair where the item has several, or
   * where the id alone could be taken for another case or for a part of the page.
   */
  fragment(row) {
    const id = this.index.id[row];
    const rows = this.rowsOfId.get(id);
    const isClear = rows.length === 1 && !NUMBERED.test(id) && byId(id) === null;
    return `#${encodeURIComponent(isClear ? id : `${id}~${rows.indexOf(row) + 1}`)}`;
  }

  /** Returns the case that a fragment names. */
  rowOf(fragment) {
    let text;
    try {
      text = decodeURIComponent(fragment.slice(1));
    } catch {
      return undefined;
    }
    if (byId(text) !== null) return undefined;
    const [, id, number] = NUMBERED.exec(text) ?? [];
    return this.rowsOfId.get(id)?.[Number(number) - 1] ?? this.rowsOfId.get(text)?.[0];
  }
}

/** What the reader chose in the form. */
class Filters {
  constructor(form, cases) {
    this.form = form;
    this.cases = cases;
  }

  get(key) {
    return this.form.elements[key]?.value ?? "";
  }

  /** Returns the cases that match everything but the search. */
  rows() {
    const { cases } = this;
    const { index } = cases;
    const [state, system, pair, grade, tag, criterion, people, judge] = [
      "state",
      "system",
      "pair",
      "grade",
      "tag",
      "criterion",
      "people",
      "judge",
    ].map((key) => this.get(key));
    const rows = [];
    for (let row = 0; row < cases.count; row += 1) {
      if (state && cases.state(row, judge) !== Number(state)) continue;
      if (system && cases.winner(row) !== cases.about.systems[Number(system)]) continue;
      if (pair && index.pair[row] !== Number(pair)) continue;
      if (grade && index.verdict[row] !== Number(grade)) continue;
      if (tag && !index.tags[row].includes(Number(tag))) continue;
      if (criterion && !index.flips[row].includes(Number(criterion))) continue;
      if (people && index.people[row] !== Number(people)) continue;
      rows.push(row);
    }
    return rows;
  }

  sort(rows) {
    const sort = this.get("sort");
    if (sort === "plan") return rows;
    const [column, direction] = sort.split(" ");
    const key = this.cases.index[column];
    // A case without the value comes last, in either direction.
    const by = (one, two) => {
      if (key[one] === null || key[two] === null) return (key[one] === null) - (key[two] === null);
      return direction === "down" ? key[two] - key[one] : key[one] - key[two];
    };
    return rows.sort((one, two) => by(one, two) || one - two);
  }
}

/** The list of cases with its filters, and the case that is open. */
class Browser {
  #rows = [];
  #page = 0;
  #open = undefined;
  #search = 0;

  constructor(cases) {
    this.cases = cases;
    this.form = byId("eh-filters");
    this.filters = new Filters(this.form, cases);
    this.status = byId("eh-status");
    this.list = byId("eh-list");
    this.view = byId("eh-case");
    let pause;
    this.form.addEventListener("input", (event) => {
      clearTimeout(pause);
      pause = setTimeout(() => this.select(), event.target.type === "search" ? 250 : 0);
    });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    byId("eh-reset").addEventListener("click", () => {
      this.form.reset();
      this.select();
    });
    byId("eh-back").addEventListener("click", () => this.turn(-1));
    byId("eh-forward").addEventListener("click", () => this.turn(1));
    window.addEventListener("hashchange", () => this.follow());
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeprint", () => {
      for (const one of document.querySelectorAll("details")) one.open = true;
    });
  }

  /** Applies filters, search and order. */
  async select() {
    this.#search += 1;
    const search = this.#search;
    const candidates = this.filters.rows();
    const words = this.filters.get("search").trim().toLowerCase();
    const found = words === "" ? candidates : await this.find(candidates, words, search);
    // Another search has begun meanwhile.
    if (search !== this.#search) return;
    this.#rows = this.filters.sort(found);
    this.#page = 0;
    this.show();
    // Where the open case is in the selection has changed.
    if (this.#open !== undefined) await this.showCase(this.#open);
  }

  /** Returns the cases with some words in any of their texts; shows them as they are found. */
  async find(candidates, words, search) {
    const size = this.cases.about.chunk_size;
    const found = [];
    let at = 0;
    while (at < candidates.length) {
      const number = Math.floor(candidates[at] / size);
      const chunk = await this.cases.chunk(number);
      if (search !== this.#search) return found;
      for (; at < candidates.length && candidates[at] < (number + 1) * size; at += 1) {
        const texts = textsOf(chunk[candidates[at] % size]);
        if (texts.some((text) => text.toLowerCase().includes(words))) found.push(candidates[at]);
      }
      this.#rows = found;
      this.#page = 0;
      if (found.length <= PAGE_SIZE) this.show();
      this.status.textContent = `Searching: ${Math.round((100 * at) / candidates.length)} %, ${counted(found.length)} found`;
      // Lets the page react to keys between two chunks.
      await new Promise((resume) => setTimeout(resume, 0));
    }
    return found;
  }

  turn(by) {
    this.#page += by;
    this.show();
  }

  /** Shows the current page of the list. */
  show() {
    const rows = this.#rows;
    const pages = Math.max(1, Math.ceil(rows.length / PAGE_SIZE));
    this.#page = Math.min(Math.max(this.#page, 0), pages - 1);
    const from = this.#page * PAGE_SIZE;
    const shown = rows.slice(from, from + PAGE_SIZE);
    const all = counted(this.cases.count);
    this.status.textContent =
      rows.length === 0
        ? `None of ${all} cases`
        : `${counted(rows.length)} of ${all} cases; these are ${counted(from + 1)} to ${counted(from + shown.length)}`;
    byId("eh-back").disabled = this.#page === 0;
    byId("eh-forward").disabled = this.#page === pages - 1;
    this.list.replaceChildren(...shown.map((row) => this.line(row)));
  }

  /** Returns the line of a case in the list. */
  line(row) {
    const { cases } = this;
    const { index, about } = cases;
    const state = about.states[index.state[row]];
    const flips = index.flips[row].map((criterion) => about.criteria[criterion]);
    const cells = [
      element("th", { scope: "row" }, element("a", { href: cases.fragment(row) }, name(index.id[row]))),
      element("td", {}, element("span", { class: `state state-${state}` }, state)),
      about.pairs.length > 1 && element("td", {}, name(cases.pair(row).join(" / "))),
      element("td", { class: "of-choice" }, name(about.verdicts[index.verdict[row]])),
      about.people.length > 0 && element("td", { class: "of-people" }, about.people[index.people[row]]),
      about.criteria.length > 0 &&
        element("td", { class: "of-flips" }, flips.length > 0 ? name(flips.join(", ")) : "–"),
      index.openings.length > 0 && element("td", { class: "opening" }, name(index.openings[row])),
    ];
    const current = row === this.#open;
    return element("tr", { "aria-current": current ? "true" : null, "data-row": row }, cells);
  }

  /** Opens the case that the address names, if any. */
  follow() {
    const row = location.hash.length > 1 ? this.cases.rowOf(location.hash) : undefined;
    if (row !== undefined) this.openCase(row);
    else if (location.hash.length <= 1) this.close();
  }

  async openCase(row) {
    this.#open = row;
    const isShown = await this.showCase(row);
    if (!isShown) return;
    const at = this.#rows.indexOf(row);
    if (at >= 0) this.#page = Math.floor(at / PAGE_SIZE);
    this.show();
    this.view.focus({ preventScroll: true });
    this.view.scrollIntoView({ block: "start" });
  }

  /** Shows a case, unless another one was opened or this one closed before its texts were unpacked. */
  async showCase(row) {
    const one = await this.cases.case(row);
    if (this.#open !== row) return false;
    this.view.replaceChildren(caseView(this.cases, one, row, this.#rows.indexOf(row), this.#rows.length));
    this.view.hidden = false;
    for (const button of this.view.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.step)));
    }
    this.view.querySelector("[data-close]").addEventListener("click", () => this.close());
    return true;
  }

  /** Opens the next case of the selection, or the previous one. */
  step(by) {
    if (this.#rows.length === 0) return;
    const at = this.#rows.indexOf(this.#open);
    const next = at < 0 ? 0 : at + by;
    if (next < 0 || next >= this.#rows.length) return;
    // The next key may come before the browser says that the address has changed.
    this.#open = this.#rows[next];
    location.hash = this.cases.fragment(this.#open);
  }

  close() {
    if (this.#open === undefined) return;
    const row = this.#open;
    this.#open = undefined;
    this.view.hidden = true;
    this.view.replaceChildren();
    history.replaceState(null, "", location.pathname + location.search);
    this.show();
    this.list.querySelector(`[data-row="${row}"] a`)?.focus();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inField = event.target.matches("input, select, textarea");
    // An arrow scrolls the table that has the focus, if that is too wide.
    const isTable = event.target.matches(".wide, .plot-scroll");
    if (isTable && event.key.startsWith("Arrow") && event.target.scrollWidth > event.target.clientWidth) return;
    if (event.key === "Escape") {
      if (inField) event.target.blur();
      else this.close();
    } else if (!inField && event.key === "/") {
      event.preventDefault();
      this.form.elements.search.focus();
    } else if (!inField && (event.key === "j" || event.key === "ArrowRight")) {
      this.step(1);
    } else if (!inField && (event.key === "k" || event.key === "ArrowLeft")) {
      this.step(-1);
    }
  }
}

/** Returns the messages of a prompt or a response: a string, or a list of messages with roles. */
function messages(value) {
  if (typeof value === "string") return [{ role: null, text: value }];
  return (value ?? []).map(({ role, content, ...others }) => {
    const parts = [];
    if (typeof content === "string") parts.push(content);
    else if (content != null) parts.push(JSON.stringify(content, null, 1));
    // Calls of tools, names and whatever else a message carries.
    if (Object.keys(others).length > 0) parts.push(JSON.stringify(others, null, 1));
    return { role, text: parts.join("\n") };
  });
}

/** Returns the texts of a reference or a context: a string, a list of them, or any other value as JSON. */
function referenceTexts(value) {
  if (value == null) return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  return [JSON.stringify(value, null, 1)];
}

/** Returns every text of a case, for the search. */
function textsOf(one) {
  const replies = one.judges.flatMap((judge) => judge.orders.flatMap((order) => order.replies ?? []));
  return [
    one.id,
    ...Object.values(one.tags),
    ...[one.prompt, ...Object.values(one.responses ?? {})].flatMap((value) =>
      messages(value).map((message) => message.text),
    ),
    ...referenceTexts(one.reference),
    ...referenceTexts(one.context),
    ...replies.flatMap((reply) => [reply.reply, reply.reasoning, reply.refusal, reply.error]),
    ...(one.labels ?? []).flatMap((label) => [label.annotator, label.note]),
  ].filter((text) => typeof text === "string");
}

/** Returns a block with a text from outside; a very long one scrolls, and a note says so. */
function block(text, { ranges, reply } = {}) {
  const content = text === "" ? element("i", {}, "(empty)") : marked(text, ranges);
  const isLong = text.length > LONG_TEXT;
  const kind = `text outside${reply ? " reply" : ""}${isLong ? " long" : ""}`;
  const note = `${counted(text.length)} characters: scroll in the box to read all of them`;
  return [
    isLong && element("p", { class: "note" }, note),
    element("div", { class: kind, dir: "auto", tabindex: isLong ? "0" : null }, content),
  ];
}

/** Returns a prompt, a response or a reference; `ranges` are those of a text, or of each message of a list. */
function blocks(value, ranges) {
  return messages(value).map(({ role, text }, at) => [
    role !== null && element("div", { class: "role" }, name(role)),
    block(text, { ranges: typeof value === "string" ? ranges : ranges?.[at] }),
  ]);
}

/** Returns the system that a vote prefers in an order. */
function preferred(vote, order) {
  return { first: order.first, second: order.second, tie: "tie" }[vote];
}

function voteText(vote, order) {
  if (vote == null) return ["no vote"];
  if (vote === "tie") return ["tie"];
  return [`${vote} → `, name(preferred(vote, order))];
}

/** Returns what both orders say on each criterion and in all, so that a flip is seen at a glance. */
function votesTable(orders) {
  const criteria = [...new Set(orders.flatMap((order) => Object.keys(order.criteria)))];
  const row = (title, votes, strong) => {
    const systems = votes.map((vote, at) => (vote == null ? null : preferred(vote, orders[at])));
    const same = systems[0] !== null && systems[0] === systems[1];
    const missing = systems.includes(null);
    const verdict = missing ? "–" : same ? "same" : systems.includes("tie") ? "one tie" : "flips";
    return element(
      "tr",
      { class: strong ? "strong" : null },
      element("th", { scope: "row" }, title),
      votes.map((vote, at) => element("td", {}, voteText(vote, orders[at]))),
      element("td", { class: verdict === "flips" || verdict === "one tie" ? "flips" : null }, verdict),
    );
  };
  const confidences = orders.map((order) => order.confidence);
  const heads = orders.map((order) => element("th", { scope: "col" }, name(order.first), " shown first"));
  return element(
    "div",
    { class: "wide" },
    element(
      "table",
      {},
      element("caption", { class: "only-read" }, "Votes in both orders"),
      element("thead", {}, element("tr", {}, element("td", {}), heads, element("th", { scope: "col" }, "orders"))),
      element(
        "tbody",
        {},
        criteria.map((criterion) =>
          row(
            name(criterion),
            orders.map((order) => (Object.hasOwn(order.criteria, criterion) ? order.criteria[criterion] : null)),
          ),
        ),
        row(
          "vote",
          orders.map((order) => order.vote),
          true,
        ),
        confidences.some((value) => value !== null) &&
          element(
            "tr",
            {},
            element("th", { scope: "row" }, "probability of the vote"),
            confidences.map((value) => element("td", {}, value === null ? "–" : value.toFixed(3))),
            element("td", {}),
          ),
      ),
    ),
  );
}

/** Returns a reply as it was given, with what is known of it; `what` is what is read from it. */
function replyView(reply, severalRepeats, what) {
  const facts = [
    severalRepeats && `repeat ${reply.repeat + 1}`,
    reply.attempt > 1 && `attempt ${reply.attempt}`,
    reply.unreadable && `no readable ${what}: ${reply.unreadable}`,
    reply.finish_reason && reply.finish_reason !== "stop" && `finish_reason ${reply.finish_reason}`,
    reply.status !== null && reply.status !== 200 && `HTTP status ${reply.status}`,
    reply.error && `error: ${reply.error}`,
  ].filter(Boolean);
  return [
    facts.length > 0 && element("p", { class: "note" }, name(facts.join("; "))),
    reply.reasoning &&
      element("details", {}, element("summary", {}, "reasoning"), block(reply.reasoning, { reply: true })),
    reply.refusal && block(reply.refusal, { reply: true }),
    reply.reply != null && block(reply.reply, { reply: true }),
  ];
}

/** Returns the replies of one judge in both orders, side by side. */
function judgeView(judge, several) {
  const severalRepeats = judge.orders.some((order) => (order.votes ?? []).length > 1);
  const column = (order) =>
    element(
      "div",
      {},
      element("h4", {}, name(order.first), " shown first: ", voteText(order.vote, order)),
      order.votes &&
        element(
          "p",
          { class: "note" },
          `votes of the repeats: ${order.votes.map((vote) => vote ?? "none").join(", ")}`,
        ),
      order.pending && element("p", { class: "note" }, `pending: ${order.pending}`),
      (order.replies ?? []).map((reply) => replyView(reply, severalRepeats, "vote")),
    );
  const run = judge.run ? `${judge.run}: ` : "";
  const title = several ? [run, name(judge.judge), `: ${judge.outcome}`] : ["The judge"];
  return [
    element("h4", {}, title),
    votesTable(judge.orders),
    element("div", { class: "pair" }, judge.orders.map(column)),
  ];
}

function labelsView(one) {
  if (!one.labels) return null;
  const given = one.labels.filter((label) => !label.adjudicated);
  const said = (labels) =>
    labels.flatMap((label, at) => [at > 0 ? ", " : "", name(label.annotator), ": ", name(choiceOf(label))]);
  const people = given.length === 0 ? ["no label"] : said(given);
  const decided = ["people", "judge"].flatMap((why) => {
    const labels = one.labels.filter((label) => label.adjudicated === why);
    return labels.length > 0 ? [why === "people" ? "; decided by " : "; reviewed by ", said(labels)] : [];
  });
  const most = given.length > 0 ? (mostOf(one.labels, "people") ?? mostOf(one.labels)) : undefined;
  const majority =
    one.labels.length < 2 || given.length === 0 ? [] : most ? ["; most: ", name(most)] : ["; no majority"];
  const notes = one.labels
    .filter((label) => label.note)
    .map((label) => [element("h4", {}, "Note of ", name(label.annotator)), block(label.note)]);
  const lead = one.system === undefined ? "People prefer: " : "Grades of people: ";
  return [element("p", {}, lead, people, decided, majority), notes];
}

/** Returns what a label chooses: the better system, or the grade of a response. */
const choiceOf = (label) => label.winner ?? label.grade;

/** Returns what more than half of the labels of one kind choose, if any. */
function mostOf(labels, adjudicated) {
  const same = labels.filter((label) => label.adjudicated === adjudicated);
  const choices = new Map();
  for (const choice of same.map(choiceOf)) choices.set(choice, (choices.get(choice) ?? 0) + 1);
  return [...choices].find(([, number]) => number * 2 > same.length)?.[0];
}

/** Returns a case with everything that is known of it. */
function caseView(cases, one, row, at, selected) {
  const { about, index } = cases;
  const state = about.states[index.state[row]];
  const verdict = about.verdicts[index.verdict[row]];
  const systems = one.between ?? [one.system];
  const tags = Object.entries(one.tags).flatMap(([key, value]) => [name(`${key}=${value}`), " "]);
  const head = element(
    "div",
    { class: "head" },
    element("h3", {}, element("a", { href: cases.fragment(row) }, name(one.id))),
    element("span", { class: `state state-${state}` }, state),
    element("span", {}, name(verdict)),
    element("span", { class: "note" }, at >= 0 ? `${counted(at + 1)} of ${counted(selected)}` : "not in the selection"),
    tags.length > 0 && element("span", { class: "note" }, tags),
  );
  const controls = element(
    "div",
    { class: "pager" },
    element("button", { type: "button", "data-step": "-1", disabled: at <= 0 }, "Previous"),
    element("button", { type: "button", "data-step": "1", disabled: at + 1 >= selected }, "Next"),
    element("button", { type: "button", "data-close": true }, "Close"),
  );
  const response = (system, side) =>
    element(
      "div",
      {},
      element("h4", { "data-system": true }, name(system)),
      blocks(one.responses[system], one.marks?.[side]),
    );
  const texts = one.responses && [
    element("h4", {}, "Prompt"),
    blocks(one.prompt),
    one.context != null && [element("h4", {}, "Context"), referenceTexts(one.context).map((text) => block(text))],
    one.reference != null && [element("h4", {}, "Reference"), referenceTexts(one.reference).map((text) => block(text))],
    element("div", { class: systems.length > 1 ? "pair" : null }, systems.map(response)),
    one.difference && element("p", { class: "note" }, one.difference),
  ];
  return element(
    "div",
    {},
    head,
    controls,
    labelsView(one),
    texts,
    one.judges.map((judge) => (one.system === undefined ? judgeView : gradeView)(judge, one.judges.length > 1)),
  );
}

async function start() {
  const about = JSON.parse(byId("eh-cases-about").textContent);
  const cases = new Cases(about, await unpack("eh-cases-index"));
  const browser = new Browser(cases);
  byId("eh-browser").hidden = false;
  await browser.select();
  browser.follow();
  document.documentElement.dataset.ready = "true";
}

if (byId("eh-cases-about")) start();
