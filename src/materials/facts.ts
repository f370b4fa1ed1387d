import { evidenceAttachments, evidenceFiles } from '../../db/tables.js';
import type { MaterialKind } from '../../schemas/evidence-files.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import type { Material, ProgrammeVersion } from '../programmes/language.js';
import { asksForMaterials, refusalOfMaterials } from './rules.js';

export const evidenceFileShelf = shelf(evidenceFiles, { rank: 60, id: 'evidenceFileId', once: ['id'] });
export const attachmentShelf = shelf(evidenceAttachments, {
  rank: 61,
  id: 'attachmentId',
  keys: { file: ['evidenceFileId'], subject: ['subjectId'] },
  once: ['id', 'file', 'subject'],
  mutable: ['detachedPerson', 'detachedOn', 'detachReason'],
});

/**
 * What papers stand with: a case's own files, and those of the things that it rests on, kind by kind of these (its contracts; its invoices
 * with what was paid on each). A paper of a thing is there once every thing of the kind has it.
 */
export interface Papers {
  readonly own: readonly string[];
  /** Of each kind, its things; of each thing, the ids that files of it are attached to. */
  readonly restsOn: readonly (readonly (readonly string[])[])[];
}

/** What is asked for, by whom. */
export interface AskedFor {
  readonly law: ProgrammeVersion;
  readonly papers: Papers;
}

/** Gathers the files of those whose programme asks for papers by this step; of the others nothing is looked at. */
export async function gatherMaterials(loader: Loader, step: Material['by'], of: readonly AskedFor[]): Promise<void> {
  const attached = await loader.load(
    attachmentShelf,
    'subject',
    of.filter(({ law }) => asksForMaterials(law, step)).flatMap(({ papers: { own, restsOn } }) => [...own, ...restsOn.flat(2)]),
  );
  await loader.load(
    evidenceFileShelf,
    'id',
    attached.map(({ evidenceFileId }) => evidenceFileId),
  );
}

/** MATERIALS_MISSING with all that is not there of what was gathered; null where everything is, or nothing is asked for. */
export const refusalOfPapers = (facts: Facts, step: Material['by'], { law, papers }: AskedFor): Refused | null =>
  asksForMaterials(law, step) ? refusalOfMaterials(law, step, materialsOf(facts, papers)) : null;

/** The kinds of the files that are there, those detached left out. */
function materialsOf(facts: Facts, { own, restsOn }: Papers): ReadonlySet<MaterialKind> {
  const on = (ids: readonly string[]): MaterialKind[] =>
    ids.flatMap((id) =>
      facts
        .all(attachmentShelf, 'subject', id)
        .filter(({ detachedOn }) => detachedOn === null)
        .flatMap(({ evidenceFileId }) => facts.get(evidenceFileShelf, evidenceFileId)?.kind ?? []),
    );
  const shared = restsOn.flatMap((things) => {
    const [first, ...others] = things.map((ids) => new Set(on(ids)));
    return [...(first ?? [])].filter((kind) => others.every((other) => other.has(kind)));
  });
  return new Set([...on(own), ...shared]);
}
