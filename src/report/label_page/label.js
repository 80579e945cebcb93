// The page on which people label: shows one comparison or response, takes an answer, and shows the next one. An answer
// counts as saved only when its store says so. Uses all scripts before it.

// After one is shown, an answer within this many milliseconds was meant for the one before it.
const GUARD = 300;
// How often an answer that was not saved is sent again, in milliseconds.
const RETRY = 3_000;
const REASONS = { unclear: "unclear", "both-wrong": "both wrong", "cannot-judge": "cannot judge" };

/** Returns a time in words. */
function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Returns a text that begins and ends as a sentence. */
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;

/** Returns whether two answers say the same, whenever they were given and however long it took. */
function saysTheSame(one, two) {
  const sorted = (criteria) => Object.entries(criteria ?? {}).sort();
  const said = ({ choice, grade, skipped, both_acceptable, criteria, grades, note }) =>
    JSON.stringify([choice, grade, skipped, both_acceptable, sorted(criteria), sorted(grades), note?.trim()]);
  return said(one) === said(two);
}

class LabelPage {
  #clock = new ActiveClock();
  #drafts = new Map();
  #history = [];
  #prefetched = new Map();
  #showing = 0;
  #pending = null;
  #retry = undefined;
  #shownAt = 0;
  #goesOn = false;
  #notices = new Notices();
  // What is shown: a place, or null for the end.
  place = null;
  task = null;
  view = { differences: false, raw: false };

  constructor(store, question) {
    this.store = store;
    this.kind = question.steps ? new Grading(question.steps) : new Comparing();
    this.meanings = this.kind.prepare();
    store.onChange = () => this.changedElsewhere();
    const on = (id, action) => byId(id).addEventListener("click", action);
    for (const button of document.querySelectorAll("[data-choice]")) {
      button.addEventListener("click", () => this.choose(button.dataset.choice));
    }
    for (const button of document.querySelectorAll("[data-reason]")) {
      button.addEventListener("click", () => this.skip(button.dataset.reason));
    }
    for (const button of document.querySelectorAll("dialog [data-close]")) {
      button.addEventListener("click", () => button.closest("dialog").close());
    }
    on("eh-skip", () => this.openSkip());
    on("eh-undo", () => this.undo());
    on("eh-back", () => this.step(-1));
    on("eh-next", () => this.step(1));
    on("eh-help-open", () => this.openHelp());
    on("eh-download", () => this.download());
    on("eh-note-open", () => this.toggleNote(byId("eh-note-panel").hidden));
    on("eh-criteria-open", () => this.toggleCriteria());
    on("eh-differences", () => this.toggleView("differences"));
    on("eh-raw", () => this.toggleView("raw"));
    byId("eh-both").addEventListener("change", () => this.draftChanged());
    byId("eh-note").addEventListener("input", () => this.draftChanged());
    byId("eh-criteria").addEventListener("change", () => this.draftChanged());
    window.addEventListener("resize", () => this.resized());
    window.addEventListener("online", () => this.resend());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.resend());
    window.addEventListener("beforeunload", (event) => {
      if (this.#pending !== null || (this.store.isLocal && !this.store.isKept && this.store.unsaved() > 0))
        event.preventDefault();
    });
    byId("eh-download").hidden = !store.isLocal;
    const choices = this.kind.choices.slice(0, 9).map((choice, at) => [String(at + 1), choice]);
    const chosenBy = (key, choice) => [key, () => this.choose(choice)];
    new Keys({
      ...Object.fromEntries(choices.map(([key, choice]) => chosenBy(key, choice))),
      ...Object.fromEntries(Object.entries(this.kind.keys).map(([key, choice]) => chosenBy(key, choice))),
      s: () => this.openSkip(),
      u: () => this.undo(),
      ...(this.kind.hasSides ? { b: () => byId("eh-both").click(), d: () => byId("eh-differences").click() } : {}),
      c: () => this.toggleCriteria(),
      n: () => this.toggleNote(true),
      j: () => this.step(1),
      k: () => this.step(-1),
      m: () => byId("eh-raw").click(),
      "?": () => this.openHelp(),
    });
  }

  // Starting

  async start() {
    try {
      this.state = await this.store.state();
    } catch (error) {
      byId("eh-heading").textContent = `The ${this.kind.units} cannot be loaded`;
      this.#notices.show("load", sentence(error.message), "Try again", () => this.start());
      return;
    }
    this.#notices.show("load", null);
    this.showQuestion();
    byId("eh-bar").hidden = false;
    new ResizeObserver(() => this.resized()).observe(byId("eh-bar"));
    await this.show(this.isEnough() ? null : this.state.progress.next);
    document.documentElement.dataset.ready = "true";
  }

  showQuestion() {
    const { text, criteria } = this.state.question;
    const meanings = (steps) =>
      Object.entries(steps ?? {}).map(([step, meaning]) => element("li", {}, name(step), ": ", name(meaning)));
    const list = criteria.map((one) => [
      element("dt", {}, name(one.name)),
      element("dd", {}, name(one.description), one.steps && element("ul", {}, meanings(one.steps))),
    ]);
    const heading = this.meanings.length > 0 && element("h2", {}, "Criteria");
    const asked = [
      element("p", { class: "lead outside", dir: "auto" }, visible(text)),
      this.meanings,
      criteria.length > 0 && [heading, element("dl", { class: "facts" }, list)],
    ];
    byId("eh-question-text").replaceChildren(...asked.flat(2).filter(Boolean));
    byId("eh-criteria-open").hidden = criteria.length === 0;
    this.remarks = new Remarks(criteria, this.kind.options);
  }

  // Showing

  /** Shows what is at a place, or the end for null. */
  async show(place) {
    this.#showing += 1;
    const showing = this.#showing;
    this.keepDraft();
    let task = null;
    if (place !== null) {
      try {
        task = await (this.takePrefetched(place) ?? this.store.task(place));
      } catch (error) {
        if (showing !== this.#showing) return;
        this.#notices.show("task", sentence(error.message), "Try again", () => this.show(place));
        return;
      }
      if (showing !== this.#showing) return;
    }
    for (const key of ["task", "changed"]) this.#notices.show(key, null);
    [this.place, this.task] = [place, task];
    byId("eh-comparison").hidden = task === null;
    byId("eh-end").hidden = task !== null;
    byId("eh-skip-dialog").close();
    if (task === null) {
      this.showEnd();
    } else {
      this.useDraft();
      this.showTexts();
    }
    this.showProgress();
    this.showAnswer();
    window.scrollTo({ top: 0, behavior: "instant" });
    const heading = byId("eh-heading");
    heading.focus({ preventScroll: true });
    this.#shownAt = performance.now();
    this.prefetch();
  }

  showTexts() {
    const { task, view } = this;
    const fill = (id, nodes) => byId(id).replaceChildren(...[nodes].flat(Number.POSITIVE_INFINITY).filter(Boolean));
    fill("eh-prompt", contentView(task.prompt, "prompt", view));
    for (const [id, response] of Object.entries(this.kind.responses(task))) {
      fill(id, contentView(response, "response", view));
    }
    for (const field of ["context", "reference"]) {
      const texts = task[field];
      byId(`eh-${field}`).parentElement.hidden = texts === null;
      fill(`eh-${field}`, texts === null ? [] : texts.map((text) => textView(text, view)));
    }
    byId("eh-difference").textContent = view.differences ? (task.difference ?? "") : "";
    markScrollers(byId("eh-comparison"));
  }

  showProgress() {
    const { progress, stopped } = this.state;
    const done = progress.answered + progress.skipped;
    const total = counted(progress.total);
    const place = this.place === null ? "End" : `${counted(this.place + 1)} of ${total}`;
    byId("eh-place").textContent = place;
    if (this.task !== null) byId("eh-heading").textContent = `${this.named()} ${place}`;
    document.title = `${place} – ${this.kind.title}`;
    byId("eh-progress").max = Math.max(progress.total, 1);
    byId("eh-progress").value = done;
    const facts = [`${counted(done)} done`];
    if (progress.seconds_per_label != null) facts.push(`${duration(progress.seconds_per_label)} each`);
    if (progress.seconds_left > 0) facts.push(`about ${duration(progress.seconds_left)} left`);
    byId("eh-pace").textContent = facts.join(", ");
    byId("eh-back").disabled = this.place === 0 || progress.total === 0;
    byId("eh-next").disabled = this.place === null;
    this.#notices.show("stopped", stopped ? `You may stop labelling: ${stopped}` : null);
    if (!this.store.isLocal) return;
    const unsaved = this.store.unsaved();
    byId("eh-download").textContent = unsaved > 0 ? `Save the answers (${counted(unsaved)} new)` : "Save the answers";
    this.#notices.show(
      "local",
      this.store.isKept
        ? "Nothing is sent anywhere: this browser keeps your answers. When you are done, save them to a file and send that file back."
        : "This browser does not keep your answers. Save them to a file before you close the page, and send that file back.",
    );
  }

  /** Returns the word for what is labelled, at the beginning of a text. */
  named() {
    const { unit } = this.kind;
    return `${unit.charAt(0).toUpperCase()}${unit.slice(1)}`;
  }

  /** Returns what was answered, in words. */
  answerText(answer) {
    const choice = this.kind.chosen(answer);
    return choice === undefined ? `skipped, ${REASONS[answer.skipped]}` : this.kind.said(choice);
  }

  showEnd() {
    const { progress } = this.state;
    const total = counted(progress.total);
    const open = progress.places.filter((state) => state === "open").length;
    byId("eh-heading").textContent =
      progress.total === 0
        ? "There is nothing to label"
        : open === 0
          ? `All ${total} done`
          : `${counted(open)} of ${total} are open`;
    const skipped = progress.places.flatMap((state, place) => (state === "skipped" ? [place] : []));
    const go = (place, text) => {
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        this.#goesOn = true;
        this.show(place);
      });
      return button;
    };
    const isSaved = this.store.isLocal && this.store.unsaved() === 0 && progress.answered + progress.skipped > 0;
    const save = element("button", { type: "button", class: "primary" }, "Save the answers");
    save.addEventListener("click", () => this.download());
    const children = [
      element("p", {}, `${counted(progress.answered)} answered, ${counted(progress.skipped)} skipped.`),
      open > 0 && element("p", {}, go(progress.next, "Go to the first open one")),
      this.store.isLocal
        ? [
            element(
              "p",
              {},
              isSaved
                ? "Your answers are saved to a file in your downloads. Send it to the person who gave you this page."
                : "Save your answers to a file and send it to the person who gave you this page.",
            ),
            element("p", {}, save),
          ]
        : open === 0 && element("p", {}, "Every answer is saved. You can close this page."),
      skipped.length > 0 && [
        element("h2", {}, "Skipped"),
        element(
          "p",
          {},
          `You skipped ${skipped.length === 1 ? `1 ${this.kind.unit}` : `${counted(skipped.length)} ${this.kind.units}`}. If you can decide now, go back:`,
        ),
        element(
          "p",
          { class: "view-options" },
          skipped.map((place) => go(place, `${this.named()} ${counted(place + 1)}`)),
        ),
      ],
    ];
    byId("eh-end").replaceChildren(...children.flat(2).filter(Boolean));
  }

  /** Shows which answer stands, and whether it is saved. */
  showAnswer() {
    const answer = this.task?.answer ?? null;
    const isPending = this.#pending !== null;
    for (const button of document.querySelectorAll("[data-choice]")) {
      button.setAttribute("aria-pressed", String(this.kind.chosen(answer) === button.dataset.choice));
    }
    const takes = this.task !== null && !isPending;
    // Still focusable: a button that is disabled would lose the focus.
    for (const button of document.querySelectorAll("[data-choice], #eh-skip")) {
      button.setAttribute("aria-disabled", String(!takes));
    }
    byId("eh-answers").hidden = this.task === null;
    for (const id of ["eh-skip", "eh-note-open"]) byId(id).hidden = this.task === null;
    byId("eh-both-label").hidden = this.task === null || !this.kind.hasSides;
    byId("eh-criteria-open").hidden = this.task === null || this.state.question.criteria.length === 0;
    if (this.task === null) this.closePanels();
    byId("eh-undo").disabled = this.undoable() === null;
    let status = "";
    if (isPending)
      status = this.#pending.hasFailed ? `Not saved yet: ${this.answerText(this.#pending.answer)}.` : "Saving…";
    else if (answer !== null) status = `Saved: ${this.answerText(answer)}.`;
    if (!isPending && answer !== null && this.remarks.differFrom(this.task.answer)) {
      status += ` You changed ${this.kind.remarks}: answer again to save that.`;
    }
    byId("eh-status").textContent = status;
  }

  announce(text) {
    byId("eh-live").textContent = text;
  }

  // What is written beside an answer

  /** Keeps what was written beside what is shown, while something else is. */
  keepDraft() {
    if (this.task === null) return;
    const seconds = this.task.answer === null ? this.#clock.seconds() : 0;
    this.#drafts.set(this.place, {
      seconds,
      written: this.remarks.differFrom(this.task.answer) ? this.remarks.read() : null,
    });
  }

  useDraft() {
    const kept = this.#drafts.get(this.place);
    this.#clock.restart(kept?.seconds ?? 0);
    const remarks = kept?.written ?? remarksOf(this.task.answer);
    this.remarks.write(remarks);
    this.toggleNote(remarks.note !== "", false);
  }

  draftChanged() {
    if (this.task !== null) this.showAnswer();
  }

  // Answering

  /** Returns whether an answer is taken now. */
  takes() {
    if (this.#pending !== null) {
      this.announce("The last answer is not saved yet.");
      return false;
    }
    return this.task !== null && performance.now() - this.#shownAt >= GUARD;
  }

  choose(choice) {
    if (!this.takes()) return;
    const remarks = this.remarks.read();
    this.give({ ...this.kind.answer(choice, remarks), note: remarks.note.trim() === "" ? undefined : remarks.note });
  }

  skip(skipped) {
    byId("eh-skip-dialog").close();
    if (!this.takes()) return;
    const remarks = this.remarks.read();
    this.give({ skipped, ...this.kind.beside(remarks), note: remarks.note.trim() === "" ? undefined : remarks.note });
  }

  give(answer) {
    const whole = { ...answer, seconds: this.#clock.seconds() };
    this.#pending = { place: this.place, answer: whole, replaces: this.task.answer, attempts: 0 };
    this.showAnswer();
    this.resend();
  }

  /** Sends the answer that is not saved yet. */
  async resend() {
    const pending = this.#pending;
    if (pending === null || pending.isSending) return;
    clearTimeout(this.#retry);
    pending.isSending = true;
    try {
      await this.send(pending);
    } catch (error) {
      await this.failed(pending, error);
    }
    pending.isSending = false;
  }

  async send(pending) {
    const { place, answer, replaces } = pending;
    if (pending.attempts > 0 && (await this.wasSaved(pending))) return;
    pending.attempts += 1;
    await this.saved(pending, await this.store.answer(place, answer, replaces));
  }

  /** Looks whether an earlier attempt was saved although its reply was lost; then there is nothing left to send. */
  async wasSaved(pending) {
    const state = await this.store.state();
    const { answer } = await this.store.task(pending.place);
    if (answer === null || !saysTheSame(answer, pending.answer)) return false;
    await this.saved(pending, state);
    return true;
  }

  /** Returns whether there are enough labels; it takes a click to go on then. */
  isEnough() {
    return this.state.stopped !== null && !this.#goesOn;
  }

  saved(pending, state) {
    this.#pending = null;
    this.state = state;
    this.#notices.show("unsaved", null);
    this.#drafts.delete(pending.place);
    this.#prefetched.delete(pending.place);
    this.#history.push(pending.place);
    const next = this.isEnough() ? null : this.nextOpen(pending.place);
    this.task = null;
    const end = this.isEnough() ? state.stopped : "All are done.";
    const where = next === null ? end : `Now ${counted(next + 1)} of ${counted(state.progress.total)}.`;
    this.announce(`Saved: ${this.answerText(pending.answer)}. ${where}`);
    return this.show(next);
  }

  async failed(pending, error) {
    if (error.kind === "changed") {
      // A browser sends a request again by itself when the connection ends before the reply.
      const isOurs = await this.wasSaved(pending).catch(() => false);
      if (isOurs) return;
    }
    if (error.kind === "gone") {
      pending.hasFailed = true;
      this.showAnswer();
      this.#notices.show(
        "unsaved",
        `This answer could not be saved: labelling was started again, and this address is no longer valid. Open the new address and answer this ${this.kind.unit} again. All earlier answers are saved.`,
      );
      return;
    }
    if (error.kind === "unreachable") {
      pending.hasFailed = true;
      this.showAnswer();
      const message = `Your answer is not saved yet. ${sentence(error.message)} This page keeps the answer and sends it again until it is saved.`;
      this.#notices.show("unsaved", message, "Send again now", () => this.resend());
      this.#retry = setTimeout(() => this.resend(), RETRY);
      return;
    }
    this.#pending = null;
    this.#notices.show("unsaved", null);
    const what =
      error.kind === "changed" ? `This ${this.kind.unit} was answered elsewhere meanwhile` : "The answer was refused";
    await this.reload(pending.place, `${what}. ${sentence(error.message)}`);
  }

  /** Shows what is stored for a place, and says why. */
  async reload(place, why) {
    this.announce(why);
    this.#prefetched.clear();
    try {
      this.state = await this.store.state();
    } catch {
      // The state before it is shown; the next answer will say that nothing can be saved.
    }
    await this.show(place);
    this.#notices.show("changed", why, "Close", () => this.#notices.show("changed", null));
  }

  /** Returns the next place without an answer after a place, from the beginning if there is none. */
  nextOpen(place) {
    const { places } = this.state.progress;
    const after = places.indexOf("open", place + 1);
    const next = after < 0 ? places.indexOf("open") : after;
    return next < 0 ? null : next;
  }

  /** Returns the place whose answer an undo withdraws: the one that is shown, or the last one that was given. */
  undoable() {
    const { places } = this.state.progress;
    if (this.task !== null && this.task.answer !== null) return this.place;
    const last = this.#history.findLast((place) => places[place] !== "open");
    if (last !== undefined) return last;
    const before = places.findLastIndex((state, place) => state !== "open" && place < (this.place ?? places.length));
    return before < 0 ? null : before;
  }

  async undo() {
    const place = this.undoable();
    if (place === null || this.#pending !== null || performance.now() - this.#shownAt < GUARD) return;
    let withdrawn;
    try {
      const isShown = this.task !== null && this.place === place;
      withdrawn = isShown ? this.task.answer : (await this.store.task(place)).answer;
      this.state = await this.store.undo(place, withdrawn);
    } catch (error) {
      if (error.kind === "unreachable") {
        this.#notices.show("undo", `Nothing was undone. ${sentence(error.message)}`, "Try again", () => {
          this.#notices.show("undo", null);
          this.undo();
        });
      } else {
        await this.reload(place, `Nothing was undone. ${sentence(error.message)}`);
      }
      return;
    }
    this.#notices.show("undo", null);
    this.#history = this.#history.filter((one) => one !== place);
    this.#prefetched.clear();
    if (this.place !== place) this.keepDraft();
    this.task = null;
    // What was written and how long it took is still there when it is answered again.
    this.#drafts.set(place, { seconds: withdrawn?.seconds ?? 0, written: withdrawn && remarksOf(withdrawn) });
    await this.show(place);
    this.announce(`Undone. Now ${counted(place + 1)} of ${counted(this.state.progress.total)}.`);
  }

  /** Shows what another window has answered. */
  async changedElsewhere() {
    this.state = await this.store.state();
    this.#prefetched.clear();
    if (this.task === null) {
      if (this.place === null) this.showEnd();
    } else {
      const answer = this.store.answerAt(this.place);
      if (JSON.stringify(answer) !== JSON.stringify(this.task.answer)) {
        this.task.answer = answer;
        this.useDraft();
        this.announce(`This ${this.kind.unit} was answered in another window.`);
      }
    }
    this.showProgress();
    this.showAnswer();
  }

  // Moving

  step(by) {
    if (this.#pending !== null) return;
    const { total } = this.state.progress;
    const next = (this.place ?? total) + by;
    if (next < 0 || next > total || total === 0) return;
    this.show(next === total ? null : next);
  }

  prefetch() {
    if (this.place === null) return;
    const next = this.nextOpen(this.place);
    if (next === null || next === this.place || this.#prefetched.has(next)) return;
    this.#prefetched.clear();
    const task = this.store.task(next);
    // Asked for again when it is shown.
    task.catch(() => this.#prefetched.delete(next));
    this.#prefetched.set(next, task);
  }

  /** Returns a task that was loaded before, if it has no answer that could have changed. */
  takePrefetched(place) {
    const task = this.#prefetched.get(place);
    this.#prefetched.delete(place);
    return this.state.progress.places[place] === "open" ? task : undefined;
  }

  // Controls

  toggleView(option) {
    this.view[option] = !this.view[option];
    byId(`eh-${option}`).setAttribute("aria-pressed", String(this.view[option]));
    if (this.task !== null) this.showTexts();
  }

  toggleCriteria() {
    if (byId("eh-criteria-open").hidden) return;
    const panel = byId("eh-criteria");
    panel.hidden = !panel.hidden;
    byId("eh-criteria-open").setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) byId("eh-criteria-open").focus();
    else (panel.querySelector("input:checked") ?? panel.querySelector("input"))?.focus();
  }

  /** Opens or closes the note. */
  toggleNote(isOpen, takesFocus = true) {
    if (this.task === null) return;
    byId("eh-note-panel").hidden = !isOpen;
    byId("eh-note-open").setAttribute("aria-expanded", String(isOpen));
    if (takesFocus) byId(isOpen ? "eh-note" : "eh-note-open").focus();
  }

  closePanels() {
    byId("eh-note-panel").hidden = true;
    byId("eh-criteria").hidden = true;
    for (const id of ["eh-note-open", "eh-criteria-open"]) byId(id).setAttribute("aria-expanded", "false");
  }

  openSkip() {
    if (this.takes()) byId("eh-skip-dialog").showModal();
  }

  openHelp() {
    byId("eh-help").showModal();
  }

  download() {
    this.store.download();
    this.showProgress();
    this.announce("Your answers are saved to a file. Send it back.");
    if (this.place !== null) return;
    this.showEnd();
    byId("eh-heading").focus();
  }

  resized() {
    // What has the focus is never behind the bar.
    document.documentElement.style.scrollPaddingBottom = `${byId("eh-bar").offsetHeight + 16}px`;
    markScrollers(byId("eh-comparison"));
  }
}

{
  const about = JSON.parse(byId("eh-about").textContent);
  new LabelPage(about.mode === "exported" ? new LocalStore(about) : new ServerStore(), about.question).start();
}
