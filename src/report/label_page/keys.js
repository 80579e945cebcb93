// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// Keys for everything that the page does. They can be turned off, since somebody who speaks to the machine, or whose hand
// is not steady, would press them by accident. Uses dom.js.

const STORED = "evenhand-label-page keys";

class Keys {
  /** Handles keys from now on: `actions` by the name of the key. */
  constructor(actions) {
    this.actions = actions;
    let stored = null;
    try {
      stored = localStorage.getItem(STORED);
    } catch {
      // Nothing is remembered.
    }
    this.use(stored !== "off");
    byId("eh-use-keys").addEventListener("change", (event) => this.use(event.target.checked));
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Turns keys on or off. */
  use(areUsed) {
    this.areUsed = areUsed;
    byId("eh-use-keys").checked = areUsed;
    document.body.classList.toggle("without-keys", !areUsed);
    try {
      localStorage.setItem(STORED, areUsed ? "on" : "off");
    } catch {
      // It holds until the page is closed.
    }
  }

  #press(event) {
    const { target } = event;
    if (event.key === "Escape" && target.id === "eh-note") {
      byId("eh-heading").focus({ preventScroll: true });
      return;
    }
    if (!this.areUsed || event.repeat || event.isComposing || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && event.key !== "?") return;
    if (target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    const open = document.querySelector("dialog[open]");
    if (open !== null) {
      const choice = open.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
      if (choice === null || open.id !== "eh-skip-dialog") return;
      event.preventDefault();
      choice.click();
      return;
    }
    // Arrows move between the radio buttons of a criterion, and scroll a box that has the focus.
    if (event.key.startsWith("Arrow") && target.matches("input, .scroller, .text")) return;
    if (!Object.hasOwn(this.actions, event.key)) return;
    event.preventDefault();
    this.actions[event.key]();
  }
}
