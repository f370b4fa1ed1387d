// Which bodies are JSON that can be kept: UTF-8, without NUL or half of a surrogate pair, without the keys of a prototype, and of no more depth
// than anything of ours has: what reads it afterwards may go down into it without counting.
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

const mostDepth = 32;

/** Takes `application/json`, in UTF-8 whether said or not; of a charset that is another nothing is guessed. */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    const type = request.headers['content-type'] ?? '';
    if (type.length > 'application/json'.length && !plainType.test(type)) {
      done(new Problem('UNSUPPORTED_MEDIA_TYPE', { accepted: 'application/json', found: type }));
      return;
    }
    if (!isUtf8(bytes)) {
      done(new Problem('TEXT_NOT_UTF8'));
      return;
    }
    const body = bytes.toString('utf8');
    if (isNestedBeyond(body, mostDepth)) {
      done(new Problem('JSON_TOO_DEEP', { most: String(mostDepth) }));
      return;
    }
    void parse(request, body, (error, value: unknown) => {
      // Either can only come in by an escape: a body without one is not looked through.
      if (!error && body.includes('\\u') && !isKeepable(value)) done(new Problem('TEXT_NOT_ALLOWED'));
      else done(error, value);
    });
  });
}

const plainType = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

/** Whether lists and objects stand in one another more than `most` deep. Text that is not JSON is judged as far as it looks like it. */
export function isNestedBeyond(json: string, most: number): boolean {
  if (!hasOpeners(json, most)) return false;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (inText) {
      if (code === backslash) at++;
      else if (code === quote) inText = false;
    } else if (code === quote) inText = true;
    else if (code === openList || code === openObject) {
      if (++depth > most) return true;
    } else if (code === closeList || code === closeObject) depth--;
  }
  return false;
}

const [quote, backslash] = [0x22, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** More than `most` brackets: nearly every body has fewer, and is not looked through any further. */
function hasOpeners(json: string, most: number): boolean {
  let found = 0;
  for (const opener of ['{', '[']) {
    for (let at = json.indexOf(opener); at !== -1; at = json.indexOf(opener, at + 1)) if (++found > most) return true;
  }
  return false;
}

function isKeepable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, of]) => isKeepable(key) && isKeepable(of));
}
