// What papers a programme asks for, and which of them are missing. Pure.
import type { MaterialKind } from '../../schemas/evidence-files.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Material, ProgrammeVersion } from '../programmes/language.js';
import { documentName } from '../programmes/language.js';

type Asking = Pick<ProgrammeVersion, 'materials' | 'documents'>;

/** Whether a programme asks for papers by this step. */
export const asksForMaterials = ({ materials }: Pick<Asking, 'materials'>, step: Material['by']): boolean =>
  materials.some(({ by }) => by === step);

/**
 * MATERIALS_MISSING with everything that is not there by this step (一次性告知), each by its name and the article that asks for it, in the
 * programme's order; null where everything is there.
 */
export function refusalOfMaterials(asking: Asking, step: Material['by'], there: ReadonlySet<MaterialKind>): Refused | null {
  const missing = asking.materials.filter(({ by, kind }) => by === step && !there.has(kind));
  if (missing.length === 0) return null;
  const told = (language: 'zh' | 'en', separator: string): string =>
    missing
      .map(({ name, cite }) => {
        const article = `${documentName(asking, cite)}${language === 'en' ? ' ' : ''}${cite.article}`;
        return language === 'zh' ? `${name.zh}（${article}）` : `${name.en} (${article})`;
      })
      .join(separator);
  return refused('MATERIALS_MISSING', {
    zh: told('zh', '；'),
    en: told('en', '; '),
    kinds: missing.map(({ kind }) => kind).join(', '),
  });
}
