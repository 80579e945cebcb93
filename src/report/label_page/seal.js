// biome-ignore-all lint/correctness/noUnusedVariables: the scripts after this one use it.
// HMAC-SHA-256, for the seal of the file of answers. The browser's own is not there for pages from disk in every browser.

const ROUND_CONSTANTS = roots(64, 3);

/** Returns 32 bits of the fractions of the square or cube roots of the first primes, as SHA-256 defines its constants. */
function roots(count, degree) {
  const primes = [];
  for (let one = 2; primes.length < count; one += 1) {
    if (primes.every((prime) => one % prime !== 0)) primes.push(one);
  }
  return primes.map((prime) => {
    // The root with 32 binary places, by whole numbers: floating point would lose the last ones.
    const target = BigInt(prime) << BigInt(32 * degree);
    let root = 0n;
    for (let bit = 1n << 36n; bit > 0n; bit >>= 1n) {
      if ((root + bit) ** BigInt(degree) <= target) root += bit;
    }
    return Number(root & 0xffffffffn);
  });
}

/** Returns the SHA-256 of bytes. */
function sha256(bytes) {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const turned = (word, by) => (word >>> by) | (word << (32 - by));
  const hash = roots(8, 2);
  const words = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i += 1) words[i] = view.getUint32(at + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const [one, two] = [words[i - 15], words[i - 2]];
      const low = turned(one, 7) ^ turned(one, 18) ^ (one >>> 3);
      const high = turned(two, 17) ^ turned(two, 19) ^ (two >>> 10);
      words[i] = words[i - 16] + low + words[i - 7] + high;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let i = 0; i < 64; i += 1) {
      const mixed = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
      const one = (h + mixed + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i] + words[i]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) hash[i] = (hash[i] + word) | 0;
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (const [i, word] of hash.entries()) digest.setInt32(4 * i, word);
  return new Uint8Array(digest.buffer);
}

/** Returns the HMAC of a text in hexadecimal; the key is 32 bytes in hexadecimal. */
function sealOf(text, key) {
  const bytes = Uint8Array.from(key.match(/../g), (pair) => Number.parseInt(pair, 16));
  const pad = (with_) => Uint8Array.from({ length: 64 }, (_, at) => (bytes[at] ?? 0) ^ with_);
  const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const inner = sha256(joined(pad(0x36), new TextEncoder().encode(text)));
  const outer = sha256(joined(pad(0x5c), inner));
  return Array.from(outer, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
