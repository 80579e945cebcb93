// biome-ignore-all lint/correctness/noUnusedVariables: the script after this one uses it.
// biome-ignore-all lint/correctness/noUndeclaredVariables: the script after this one has it.
// What the page shows of the grades of a response. Uses dom.js, and `replyView` of page.js.

const DIRECTIONS = { written: "scale as written", reversed: "scale reversed" };

/** Returns what both directions of the scale give on each criterion and in all, so that a change is seen at a glance. */
function gradesTable(orders) {
  const criteria = [...new Set(orders.flatMap((order) => Object.keys(order.criteria)))];
  const row = (title, grades, strong) => {
    const missing = grades.includes(null);
    const verdict = missing ? "–" : grades[0] === grades[1] ? "same" : "changes";
    return element(
      "tr",
      { class: strong ? "strong" : null },
      element("th", { scope: "row" }, title),
      grades.map((grade) => element("td", {}, grade === null ? "no grade" : name(grade))),
      element("td", { class: verdict === "changes" ? "flips" : null }, verdict),
    );
  };
  const heads = orders.map((order) => element("th", { scope: "col" }, DIRECTIONS[order.scale]));
  const of = (criterion) =>
    orders.map((order) => (Object.hasOwn(order.criteria, criterion) ? order.criteria[criterion] : null));
  return element(
    "div",
    { class: "wide" },
    element(
      "table",
      {},
      element("caption", { class: "only-read" }, "Grades in both directions of the scale"),
      element("thead", {}, element("tr", {}, element("td", {}), heads, element("th", { scope: "col" }, "directions"))),
      element(
        "tbody",
        {},
        criteria.map((criterion) => row(name(criterion), of(criterion))),
        row(
          "grade",
          orders.map((order) => order.grade),
          true,
        ),
      ),
    ),
  );
}

/** Returns the replies of one judge in both directions of the scale, side by side. */
function gradeView(judge, several) {
  const severalRepeats = judge.orders.some((order) => (order.votes ?? []).length > 1);
  const column = (order) =>
    element(
      "div",
      {},
      element("h4", {}, `${DIRECTIONS[order.scale]}: `, order.grade === null ? "no grade" : name(order.grade)),
      order.votes &&
        element(
          "p",
          { class: "note" },
          "grades of the repeats: ",
          order.votes.flatMap((grade, at) => [at > 0 ? ", " : "", grade === null ? "none" : name(grade)]),
        ),
      order.pending && element("p", { class: "note" }, `pending: ${order.pending}`),
      (order.replies ?? []).map((reply) => replyView(reply, severalRepeats, "grade")),
    );
  const run = judge.run ? `${judge.run}: ` : "";
  const title = several ? [run, name(judge.judge), `: ${judge.outcome}`] : ["The judge"];
  return [
    element("h4", {}, title),
    gradesTable(judge.orders),
    element("div", { class: "pair" }, judge.orders.map(column)),
  ];
}
