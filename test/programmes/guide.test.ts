// The page by which legal staff write programme files knows every word of the language.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { programmeFile } from '../../schemas/programmes.js';
import { activationProblems, warningsOf } from '../../src/programmes/check.js';
import { read } from './world.js';

const guide = readFileSync(path.join(import.meta.dirname, '../../db/programmes/README.md'), 'utf8');

/** Every key and every word of an enumeration in a JSON schema. */
function wordsOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => [
    ...(key === 'properties' && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...(key === 'enum' || key === 'const' ? [value].flat().filter((word) => typeof word === 'string') : []),
    ...wordsOf(value),
  ]);
}

void t.test('the guide to programme files names every word of the language', (t) => {
  const named = new Set([...guide.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => (code ?? '').split(/[^A-Za-z_]+/)));
  const words = new Set(wordsOf(z.toJSONSchema(programmeFile, { io: 'input' })));
  t.ok(words.size > 150);
  t.strictSame(
    [...words].filter((word) => !named.has(word) && word !== 'true' && word !== 'false'),
    [],
  );
  t.end();
});

void t.test('the example that the guide gives can be activated as it stands', (t) => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  const version = read(example);
  t.strictSame([activationProblems(version), warningsOf(version)], [[], []]);
  t.equal(version.cases.length, 6);
  t.end();
});
