// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// Messages above the comparison. Uses dom.js.

/** Messages, of which there is at most one for each key. */
class Notices {
  #messages = new Map();

  /**
   * Shows a message until it is replaced by another with the same key, or by null. One with an action is about something
   * that went wrong: it has a button, and screen readers read it at once.
   */
  show(key, message, action, act) {
    if (message === (this.#messages.get(key) ?? null)) return;
    if (message === null) this.#messages.delete(key);
    else this.#messages.set(key, message);
    const holder = byId("eh-notices");
    for (const shown of [...holder.children]) if (shown.dataset.key === key) shown.remove();
    if (message === null) return;
    const isFault = action !== undefined;
    const button = isFault && element("button", { type: "button" }, action);
    if (button) button.addEventListener("click", act);
    const notice = element(
      "div",
      { class: isFault ? "notice fault" : "notice", "data-key": key },
      element("span", {}, visible(message)),
      button,
    );
    if (isFault) notice.setAttribute("role", "alert");
    holder.append(notice);
  }
}
