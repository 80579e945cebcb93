// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// How long somebody looks at a comparison.

// After this many milliseconds without a sign of anybody, time does not count.
const IDLE = 120_000;

/** Counts the time in which the page is visible and somebody is there. */
class ActiveClock {
  #milliseconds = 0;
  #last = performance.now();
  #activity = performance.now();

  constructor() {
    const active = () => {
      this.#count();
      this.#activity = performance.now();
    };
    for (const event of ["pointermove", "pointerdown", "keydown", "wheel", "scroll", "touchmove"]) {
      window.addEventListener(event, active, { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => {
      this.#count(document.visibilityState === "hidden");
      this.#activity = performance.now();
    });
  }

  /** Adds the time since it was last added, as far as somebody was there. */
  #count(wasVisible = document.visibilityState === "visible") {
    const now = performance.now();
    if (wasVisible) this.#milliseconds += Math.max(0, Math.min(now, this.#activity + IDLE) - this.#last);
    this.#last = now;
  }

  /** Starts at some seconds. */
  restart(seconds) {
    this.#milliseconds = seconds * 1000;
    this.#last = performance.now();
    this.#activity = performance.now();
  }

  /** Returns the seconds so far. */
  seconds() {
    this.#count();
    return Math.round(this.#milliseconds / 100) / 10;
  }
}
