// Returns the texts of the page whose contrast to what is behind them is less than 4.5 to 1.
(() => {
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([red, green, blue]) => {
    const linear = [red, green, blue].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (one) => {
    for (let at = one; at !== null; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return channels(getComputedStyle(document.documentElement).backgroundColor);
  };
  const low = new Set();
  for (const one of document.querySelectorAll("body *")) {
    const hasText = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!hasText || one.getClientRects().length === 0 || one.matches(":disabled, script, .only-read")) continue;
    const [text, ground] = [luminance(channels(getComputedStyle(one).color)), luminance(behind(one))];
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (ratio < 4.5) low.add(`${one.tagName} ${one.className} ${ratio.toFixed(2)}`);
  }
  return [...low];
})();
