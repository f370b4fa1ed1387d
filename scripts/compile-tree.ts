/**
 * The project's whole tree once more, each TypeScript file beside what it compiles to: for a run of many short programs,
 * of which each would spend a second on compiling for itself. Types are not looked at; scripts/check.ts does that.
 */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const FOLDERS = ['bench', 'db', 'docs', 'schemas', 'scripts', 'src', 'test'];

/** In a new folder of `root`, where its packages are found. `remove` deletes it. */
export async function compileTree(root: string): Promise<{ tree: string; remove: () => Promise<void> }> {
  const tree = await mkdtemp(path.join(root, '.test-'));
  const remove = () => rm(tree, { recursive: true, force: true });
  try {
    await Promise.all(FOLDERS.map((folder) => cp(path.join(root, folder), path.join(tree, folder), { recursive: true })));
    const files = (await readdir(tree, { recursive: true })).filter((file) => file.endsWith('.ts'));
    await build({
      entryPoints: files.map((file) => path.join(tree, file)),
      outdir: tree,
      outbase: tree,
      format: 'esm',
      target: 'node20',
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'error',
    });
    return { tree, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
