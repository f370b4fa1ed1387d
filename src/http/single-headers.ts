// Headers that mean one thing. Node takes the first of two and drops the second without a word, and what stands in front of the service may
// take the other: a request with two is refused.
const single = new Set([
  'authorization',
  'content-digest',
  'content-type',
  'cookie',
  'host',
  'idempotency-key',
  'on-behalf-of',
  'origin',
  'signature',
  'signature-input',
]);
const lengths = new Set([...single].map((name) => name.length));

/** The name of a header that came twice and may come once; null where none did. `raw`: names and values by turns, as Node has them. */
export function doubledHeader(raw: readonly string[]): string | null {
  let seen: string[] | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const written = raw[at] ?? '';
    if (!lengths.has(written.length)) continue;
    const name = written.toLowerCase();
    if (!single.has(name)) continue;
    if (seen?.includes(name)) return name;
    (seen ??= []).push(name);
  }
  return null;
}
