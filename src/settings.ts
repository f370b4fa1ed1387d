import type { Settings } from '../schemas/settings.js';
import { settings } from '../schemas/settings.js';

/** The settings, or one sentence for each that is wrong or missing. An empty variable counts as not set. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
): { ok: true; settings: Settings } | { ok: false; sentences: string[] } {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const read = settings.safeParse(given);
  if (read.success) return { ok: true, settings: read.data };
  return {
    ok: false,
    sentences: read.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return issue.message.startsWith(name) ? issue.message : `${name}: ${issue.message}`;
    }),
  };
}
