"use strict";
// The page of whoever collects labels. It asks its own server and nobody else; everything it gets is set as text.
(() => {
  const PAUSE = 3000;
  const element = (id) => document.getElementById(id);

  const cell = (name, text, kind) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const duration = (seconds) => {
    if (seconds === null) return "";
    const minutes = Math.round(seconds / 60);
    if (minutes < 1) return "less than a minute";
    return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  };

  const moment = (seconds) => (seconds === null ? "" : new Date(seconds * 1000).toLocaleTimeString());

  const row = (annotator) => {
    const made = document.createElement("tr");
    const name = cell("th", annotator.name);
    name.scope = "row";
    const pace = annotator.seconds_per_label;
    const link = cell("a", "open");
    link.href = `../${annotator.path}/`;
    link.setAttribute("aria-label", `page of ${annotator.name}`);
    const page = document.createElement("td");
    const address = cell("code", link.href);
    page.className = "one-line";
    page.append(link, " ", address);
    made.append(
      name,
      cell("td", String(annotator.answered), "number"),
      cell("td", String(annotator.skipped), "number"),
      cell("td", String(annotator.open), "number"),
      cell("td", pace === null ? "" : pace < 1 ? "< 1" : pace.toFixed(0), "number"),
      cell("td", annotator.open === 0 ? "" : duration(annotator.seconds_left), "one-line"),
      cell("td", moment(annotator.last_answer), "one-line"),
      page,
    );
    return made;
  };

  const say = (text) => {
    // Said once: a screen reader repeats what is set again.
    if (element("state").textContent !== text) element("state").textContent = text;
  };

  let shown = "";
  const show = (overview) => {
    const text = JSON.stringify(overview);
    // What is the same stays, so that a selection in it does too.
    if (text !== shown) {
      shown = text;
      element("file").textContent = `stored in ${overview.labels}`;
      element("annotators").replaceChildren(...overview.annotators.map(row));
    }
    const open = overview.annotators.reduce((sum, annotator) => sum + annotator.open, 0);
    if (overview.is_decided) say("The labels have decided the question: no more are needed.");
    else if (open === 0) say("Everything is labelled. End the command with Ctrl-C.");
    else say(open === 1 ? `1 ${overview.unit[0]} is still open.` : `${open} ${overview.unit[1]} are still open.`);
  };

  const load = async () => {
    try {
      const answer = await fetch("api/overview", { cache: "no-store" });
      const overview = await answer.json();
      if (answer.ok) show(overview);
      else say(`The state cannot be read: ${overview.error}.`);
    } catch {
      say(
        "The command has ended. Every answer that was given is stored; the same command continues, with new addresses.",
      );
    }
    setTimeout(load, PAUSE);
  };

  element("look").addEventListener("click", async () => {
    const numbers = element("numbers");
    element("look").disabled = true;
    numbers.replaceChildren(cell("p", "Computing…"));
    try {
      const answer = await fetch("api/numbers", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: "{}",
      });
      const found = await answer.json();
      if (answer.ok) {
        const looks = { 1: "once", 2: "twice" }[found.looks] ?? `${found.looks} times`;
        const counted = `The labels of this rubric have been looked at ${looks}, counting this time.`;
        numbers.replaceChildren(...[...found.sentences, counted].map((sentence) => cell("p", sentence)));
      } else {
        numbers.replaceChildren(cell("p", `There are no numbers: ${found.error}.`));
      }
    } catch {
      numbers.replaceChildren(cell("p", "The command has ended."));
    }
    element("look").disabled = false;
  });

  load();
})();
