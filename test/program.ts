/** Programs of ours as processes of their own. Not a test itself. */
import { fileURLToPath } from 'node:url';

const at = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** What node is given to run `file`, named from the root (`src/server.ts`), from its source, as `npm start` does it. */
export const fromSource = (file: string): string[] => ['--import', import.meta.resolve('tsx'), at(file)];

/** The same as this test itself is run: compiled before, or from the source. */
export const asHere = (file: string): string[] =>
  import.meta.url.endsWith('.ts') ? fromSource(file) : [at(file).replace(/\.ts$/, '.js')];
