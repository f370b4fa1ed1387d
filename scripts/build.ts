// npm run build: compiles to dist/ and copies beside it what is read at run time (migrations, programmes, how invoices are read, the font of pages).
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`], {
  stdio: 'inherit',
});
for (const folder of ['db/migrations', 'db/programmes', 'db/digital-invoices', 'db/fines'])
  cpSync(`${root}${folder}`, `${root}dist/${folder}`, { recursive: true });
cpSync(`${root}src/pdf/NotoSansSC.ttf`, `${root}dist/src/pdf/NotoSansSC.ttf`);
cpSync(`${root}src/pdf/OFL.txt`, `${root}dist/src/pdf/OFL.txt`);
for (const roles of ['roles.sql', 'roles-0053.sql']) cpSync(`${root}db/${roles}`, `${root}dist/db/${roles}`);
console.log('dist/ is built.');
