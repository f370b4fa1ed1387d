// What awards are looked at together by: matters on record, and whose they are. An application names a matter by its code; kept, and
// counted in the ledger, is what the matter is known by (`holder`), which names no code of somebody else's.
import { matterCode } from '../../schemas/matters.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Matter } from '../programmes/language.js';
import { matterShelf, registrationShelf } from './facts.js';
import { matterFields } from './rules.js';

/** Codes by kind, or what they are known by. */
export type Matters = Readonly<Partial<Record<Matter, string>>>;

interface Naming {
  /** Null: of nobody, whose no matter is. */
  readonly legalPersonUscc: string | null;
  readonly matters: Matters;
}

const entriesOf = (matters: Matters) => Object.entries(matters) as [Matter, string][];

/** Gathers what `ownMatters` looks at. */
export const gatherOwnMatters = (loader: Loader, named: readonly Naming[]): Promise<unknown> =>
  loader.load(
    registrationShelf,
    'own',
    named.flatMap(({ legalPersonUscc, matters }) =>
      legalPersonUscc === null ? [] : entriesOf(matters).map(([kind, code]) => [legalPersonUscc, kind, code]),
    ),
  );

/**
 * What the named matters are known by, each confirmed as the legal person's. Refuses MATTER_NOT_FOUND, for another's exactly as for
 * one that is not there.
 */
export function ownMatters(
  facts: Facts,
  { legalPersonUscc, matters }: Naming,
  pointer = '/matters',
): { kind: 'read'; matters: Partial<Record<Matter, string>> } | Refused {
  const known: Partial<Record<Matter, string>> = {};
  for (const [kind, code] of entriesOf(matters)) {
    const registered = legalPersonUscc === null ? [] : facts.all(registrationShelf, 'own', [legalPersonUscc, kind, code]);
    const holder = registered.find(({ status }) => status === 'CONFIRMED')?.holder ?? null;
    if (holder === null) return refused('MATTER_NOT_FOUND', { matter: kind, code }, `${pointer}/${matterFields[kind]}`);
    known[kind] = holder;
  }
  return { kind: 'read', matters: known };
}

/** Gathers matters of the book by their codes, or by what they are known by. */
export const gatherMatters = (loader: Loader, named: readonly (readonly [Matter, string])[]): Promise<unknown> =>
  Promise.all([
    loader.load(matterShelf, 'holder', named.map(keyOf)),
    loader.load(
      matterShelf,
      'code',
      named.flatMap(([kind, name]) => {
        const code = matterCode.safeParse(name);
        return code.success ? [keyOf([kind, code.data])] : [];
      }),
    ),
  ]);

const keyOf = ([kind, name]: readonly [Matter, string]): string[] => [kind, name];

/** What a gathered matter is known by, whosever it is: for the bureau. Refuses MATTER_NOT_FOUND. */
export function holderOfMatter(
  facts: Facts,
  kind: Matter,
  name: string,
  pointer: string,
): { kind: 'holder'; holder: string } | Refused {
  const code = matterCode.safeParse(name);
  const row =
    facts.one(matterShelf, 'holder', keyOf([kind, name])) ??
    (code.success ? facts.one(matterShelf, 'code', keyOf([kind, code.data])) : undefined);
  return row ? { kind: 'holder', holder: row.holder } : refused('MATTER_NOT_FOUND', { matter: kind, code: name }, pointer);
}

/** Where an application names its matters: `/matters/project`. */
export const matterFieldsSent: readonly (readonly [field: string, matter: Matter])[] = (
  Object.entries(matterFields) as [Matter, string][]
).map(([matter, field]) => [`/matters/${field}`, matter]);

/** Matters that some fields name anew, by their codes; null takes one out, and what is not among the fields stays. */
export interface MattersAnew {
  readonly legalPersonUscc: string;
  /** What they were known by. */
  readonly kept: Matters;
  readonly fields: ReadonlyMap<string, string | null>;
}

const namedAnew = ({ legalPersonUscc, fields }: MattersAnew): Naming => ({
  legalPersonUscc,
  matters: Object.fromEntries(
    matterFieldsSent.flatMap(([field, matter]) => {
      const code = fields.get(field) ?? null;
      return code === null ? [] : [[matter, code]];
    }),
  ),
});

/** Gathers what `mattersAnew` looks at. */
export const gatherMattersAnew = (loader: Loader, of: readonly MattersAnew[]): Promise<unknown> =>
  gatherOwnMatters(loader, of.map(namedAnew));

/** What they are known by then. Refuses MATTER_NOT_FOUND as `ownMatters`. */
export function mattersAnew(facts: Facts, of: MattersAnew): ReturnType<typeof ownMatters> {
  const read = ownMatters(facts, namedAnew(of));
  if (read.kind === 'refused') return read;
  const kept = matterFieldsSent.flatMap(([field, matter]): [Matter, string][] => {
    const known = of.kept[matter];
    return of.fields.has(field) || known === undefined ? [] : [[matter, known]];
  });
  return { kind: 'read', matters: { ...Object.fromEntries(kept), ...read.matters } };
}

/** What the fields have made of them: by what each matter was known, and is. */
export const mattersChanged = ({ kept, fields }: MattersAnew, after: Matters) =>
  matterFieldsSent.flatMap(([field, matter]) =>
    fields.has(field) ? [{ field, from: kept[matter] ?? null, to: after[matter] ?? null }] : [],
  );
