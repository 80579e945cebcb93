// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// What differs between comparing two responses and grading one: what is shown, what can be answered, and how it is said.
// Both classes have the same members. Uses dom.js.

/** Two responses are compared. */
class Comparing {
  unit = "comparison";
  units = "comparisons";
  title = "Which response is better?";
  // What can be chosen, in the order of the keys from 1 on, and with other keys.
  choices = ["left", "tie", "right"];
  keys = { ArrowLeft: "left", ArrowRight: "right" };
  // What can be chosen for a criterion, with its words.
  options = [
    ["left", "Left"],
    ["tie", "Tie"],
    ["right", "Right"],
  ];
  remarks = "the note, a criterion or “both acceptable”";
  hasSides = true;

  /** Makes what the question needs beside its text: nothing. */
  prepare() {
    return [];
  }

  /** Returns the responses of a task by the elements that show them. */
  responses(task) {
    return { "eh-left": task.left, "eh-right": task.right };
  }

  /** Returns what an answer chooses; undefined if it was skipped. */
  chosen(answer) {
    return answer?.choice;
  }

  said(choice) {
    return { left: "left is better", tie: "tie", right: "right is better" }[choice];
  }

  /** Returns an answer that chooses something. */
  answer(choice, { both, criteria }) {
    return { choice, both_acceptable: both, criteria };
  }

  /** Returns what is said beside an answer that chooses nothing. */
  beside({ criteria }) {
    return { criteria };
  }
}

/** One response is graded. */
class Grading {
  unit = "response";
  units = "responses";
  title = "Which grade does the response deserve?";
  keys = { 0: "cannot assess" };
  remarks = "the note or a criterion";
  hasSides = false;

  constructor(steps) {
    this.steps = steps;
    this.choices = [...steps.map((step) => step.name), "cannot assess"];
    this.options = this.choices.map((choice) => [choice, name(choice)]);
  }

  /** Makes a button for each grade, and returns a list of what the grades mean, if that is said. */
  prepare() {
    const all = [...this.steps, { name: "cannot assess", description: "What is shown is not enough to grade it." }];
    const button = ({ name: grade, description }, at) => {
      const key = at === this.steps.length ? "0" : at < 9 ? String(at + 1) : null;
      return element(
        "button",
        { type: "button", "data-choice": grade, "aria-pressed": "false", "aria-keyshortcuts": key },
        element("span", { class: "grade", title: grade }, name(grade)),
        key !== null && element("kbd", { "aria-hidden": "true" }, key),
        description && element("span", { class: "meaning", title: description, dir: "auto" }, visible(description)),
      );
    };
    byId("eh-answers").replaceChildren(...all.map(button));
    const described = this.steps.filter((step) => step.description);
    if (described.length === 0) return [];
    const rows = described.map((step) => [
      element("dt", {}, name(step.name)),
      element("dd", { dir: "auto" }, visible(step.description)),
    ]);
    return [element("h2", {}, "Grades"), element("dl", { class: "facts" }, rows)];
  }

  responses(task) {
    return { "eh-response": task.response };
  }

  chosen(answer) {
    return answer?.grade;
  }

  said(grade) {
    return grade === "cannot assess" ? grade : `“${grade}”`;
  }

  answer(grade, { criteria }) {
    return { grade, grades: criteria };
  }

  beside({ criteria }) {
    return { grades: criteria };
  }
}
