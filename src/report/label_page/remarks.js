// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// What can be said beside a choice: whether both responses are acceptable, a choice for each criterion, a note. Uses
// dom.js.

/** Returns the remarks of an answer, or those of none. */
const remarksOf = (answer) => ({
  both: answer?.both_acceptable ?? false,
  note: answer?.note ?? "",
  criteria: answer?.criteria ?? answer?.grades ?? {},
});

/** The controls for remarks. */
class Remarks {
  /** Creates the controls of the criteria of a question. `options` are what can be chosen for each, with its words. */
  constructor(criteria, options) {
    this.criteria = criteria.map((one) => one.name);
    const radio = (criterion, [value, words]) =>
      element(
        "label",
        { class: "check" },
        element("input", { type: "radio", name: `criterion-${criterion}`, value }),
        typeof words === "string" ? words : words.cloneNode(true),
      );
    const row = (criterion, at) =>
      element(
        "fieldset",
        {},
        element("legend", {}, name(criterion)),
        options.map((option) => radio(at, option)),
      );
    byId("eh-criteria").replaceChildren(...this.criteria.map(row));
  }

  #radios(at) {
    return [...byId("eh-criteria").querySelectorAll(`[name="criterion-${at}"]`)];
  }

  /** Returns what the controls say. */
  read() {
    const criteria = {};
    for (const [at, criterion] of this.criteria.entries()) {
      const chosen = this.#radios(at).find((radio) => radio.checked);
      if (chosen) criteria[criterion] = chosen.value;
    }
    return { both: byId("eh-both").checked, note: byId("eh-note").value, criteria };
  }

  /** Makes the controls say something. */
  write({ both, note, criteria }) {
    byId("eh-both").checked = both;
    byId("eh-note").value = note;
    for (const [at, criterion] of this.criteria.entries()) {
      for (const radio of this.#radios(at)) {
        radio.checked = Object.hasOwn(criteria, criterion) && criteria[criterion] === radio.value;
      }
    }
  }

  /** Returns whether the controls say something else than an answer. */
  differFrom(answer) {
    const flat = ({ both, note, criteria }) => JSON.stringify([both, note.trim(), Object.entries(criteria).sort()]);
    return flat(this.read()) !== flat(remarksOf(answer));
  }
}
