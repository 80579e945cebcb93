// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// Where answers are kept: on the server that the page came from, or in the browser. Both kinds have the same methods:
// `state`, `task`, `answer` and `undo`, of which the last two return the state after them. Uses dom.js and seal.js.

/** An answer or a state that could not be had: "unreachable", "changed" elsewhere, "refused" for good, or "gone" like
 * the address of the page. */
class StoreError extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** The server, by the paths below the address of the page. */
class ServerStore {
  isLocal = false;

  async #fetch(path, body) {
    const options = { cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(30_000) };
    if (body !== undefined) {
      options.method = "POST";
      options.headers = { "content-type": "application/json" };
      options.body = JSON.stringify(body);
    }
    let response;
    let value;
    try {
      response = await fetch(`api/${path}`, options);
      value = await response.json();
    } catch {
      // Not even an answer, or one that is cut off.
      throw new StoreError("unreachable", "Evenhand cannot be reached.");
    }
    if (response.ok) return value;
    // Whatever is not about the answer itself may pass.
    const kind =
      { 400: "refused", 404: "gone", 409: "changed", 413: "refused", 422: "refused" }[response.status] ?? "unreachable";
    throw new StoreError(kind, String(value?.error ?? `The program answered with status ${response.status}.`));
  }

  state() {
    return this.#fetch("state");
  }

  task(place) {
    return this.#fetch(`tasks/${place}`);
  }

  /** Saves an answer; `replaces` is the answer that the page has shown, or null. */
  answer(place, answer, replaces) {
    return this.#fetch("answers", { place, answer, replaces });
  }

  /** Withdraws an answer; `withdraws` is the answer that the page has shown. */
  undo(place, withdraws) {
    return this.#fetch("undo", { place, withdraws });
  }
}

/** The browser's storage: an entry for each place, so that two windows do not overwrite each other's answers. */
class LocalStore {
  isLocal = true;
  #entries = new Map();
  #chunks = new Map();
  #savedAt = "";

  constructor(about) {
    this.about = about;
    this.prefix = `evenhand-labels ${about.form} ${about.annotator} `;
    this.isKept = this.#isStorageUsable();
    for (let place = 0; place < about.total; place += 1) this.#read(place);
    if (this.isKept) this.#savedAt = localStorage.getItem(`${this.prefix}saved`) ?? "";
    window.addEventListener("storage", (event) => {
      if (event.key?.startsWith(this.prefix)) {
        const place = Number(event.key.slice(this.prefix.length));
        if (Number.isInteger(place)) this.#read(place);
        else this.#savedAt = event.newValue ?? "";
      } else if (event.key !== null) {
        return;
      }
      this.onChange?.();
    });
  }

  #isStorageUsable() {
    try {
      localStorage.setItem(`${this.prefix}try`, "1");
      localStorage.removeItem(`${this.prefix}try`);
      return true;
    } catch {
      return false;
    }
  }

  /** Takes the stored entry of a place, unless the one in memory is newer. */
  #read(place) {
    if (!this.isKept) return;
    let entry;
    try {
      entry = JSON.parse(localStorage.getItem(`${this.prefix}${place}`));
    } catch {
      // Not written by this page.
      return;
    }
    const known = this.#entries.get(place);
    if (typeof entry?.at === "string" && !(known?.at >= entry.at)) this.#entries.set(place, entry);
  }

  #write(place, answer) {
    this.#read(place);
    // Later than the entry before it, even if the clock was set back.
    const now = new Date();
    const before = Date.parse(this.#entries.get(place)?.at ?? "");
    const at = (before >= now.getTime() ? new Date(before + 1) : now).toISOString();
    const entry = { at, answer: answer && { ...answer, at } };
    this.#entries.set(place, entry);
    try {
      if (this.isKept) localStorage.setItem(`${this.prefix}${place}`, JSON.stringify(entry));
    } catch {
      this.isKept = false;
    }
  }

  /** Returns the answer of a place, or null. */
  answerAt(place) {
    return this.#entries.get(place)?.answer ?? null;
  }

  async state() {
    const { about } = this;
    const answers = Array.from({ length: about.total }, (_, place) => this.answerAt(place));
    const places = answers.map((answer) => (answer === null ? "open" : answer.skipped ? "skipped" : "answered"));
    const count = (state) => places.filter((one) => one === state).length;
    const times = answers.flatMap((answer) =>
      (answer?.choice ?? answer?.grade) && answer.seconds > 0 ? [answer.seconds] : [],
    );
    times.sort((one, two) => one - two);
    // As of a server: none before the third.
    const pace = times.length < 3 ? null : times[Math.floor((times.length - 1) / 2)];
    const next = places.indexOf("open");
    return {
      annotator: about.annotator,
      question: about.question,
      stopped: null,
      progress: {
        total: about.total,
        answered: count("answered"),
        skipped: count("skipped"),
        next: next < 0 ? null : next,
        places,
        seconds_per_label: pace,
        seconds_left: pace === null ? null : pace * count("open"),
      },
    };
  }

  async task(place) {
    const size = this.about.chunk_size;
    const number = Math.floor(place / size);
    const known = this.#chunks.get(number) ?? unpack(`eh-tasks-${number}`);
    this.#chunks.delete(number);
    this.#chunks.set(number, known);
    if (this.#chunks.size > 3) this.#chunks.delete(this.#chunks.keys().next().value);
    const chunk = await known;
    return { ...chunk[place % size], answer: this.answerAt(place) };
  }

  async answer(place, answer) {
    this.#write(place, answer);
    return this.state();
  }

  async undo(place) {
    this.#write(place, null);
    return this.state();
  }

  /** Returns how many entries were made after the file was last saved. */
  unsaved() {
    return [...this.#entries.values()].filter((entry) => entry.at > this.#savedAt).length;
  }

  /** Returns the text of the file of answers. Its reader computes the seal again from the very same text. */
  file() {
    const { annotator, form, seal_key } = this.about;
    const answers = [];
    for (let place = 0; place < this.about.total; place += 1) {
      const answer = this.answerAt(place);
      if (answer !== null) answers.push({ place, answer });
    }
    const seal = sealOf(JSON.stringify([1, annotator, form, answers]), seal_key);
    return JSON.stringify({ evenhand: "answers", version: 1, annotator, form, answers, seal });
  }

  /** Offers the file of answers for download. */
  download() {
    const annotator = this.about.annotator.replace(/[\p{C}\p{Z}\\/:*?"<>|]/gu, "_").replace(/^\./, "_");
    const url = URL.createObjectURL(new Blob([this.file()], { type: "application/json" }));
    element("a", { href: url, download: `labels-${annotator}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    this.#savedAt = [...this.#entries.values()].reduce((latest, { at }) => (at > latest ? at : latest), "");
    try {
      if (this.isKept) localStorage.setItem(`${this.prefix}saved`, this.#savedAt);
    } catch {
      this.isKept = false;
    }
  }
}
