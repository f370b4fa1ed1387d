/**
 * What the migrations add up to, as text one can read and compare: db/schema.sql. Made from the catalogue, since the
 * embedded package has no pg_dump. It is for reading and for the test that compares it, not for restoring: everything
 * is sorted by name, and objects do not stand in an order in which they could be created.
 */
import type { Database, Sql } from './client.js';

/** The schema `public`. The same migrations give the same text on every PostgreSQL of one major version. */
export async function dumpSchema(db: Database): Promise<string> {
  return db.begin(
    async ({ sql }) => {
      // Definitions carry the schema's name or not, by the session's search_path.
      await sql`set local search_path = public, pg_catalog`;
      const paragraphs = [
        '-- Made by `npm run schema:dump` from db/migrations; do not edit. A test compares it.',
        ...(await roles(sql)),
        ...(await types(sql)),
        ...(await sequences(sql)),
        ...(await tables(sql)),
        ...(await views(sql)),
        ...(await functions(sql)),
      ];
      return paragraphs.join('\n\n') + '\n';
    },
    { mode: 'isolation level repeatable read read only' },
  );
}

interface Line {
  text: string;
}

/** A line of something that belongs to a relation or a function. */
interface Part {
  of: number;
  text: string;
}

function partsOf(parts: readonly Part[], of: number): string[] {
  return parts.filter((part) => part.of === of).map((part) => part.text);
}

/** Our roles: what they may beyond rights on things, whom they may become, and with which settings they begin. */
async function roles(sql: Sql): Promise<string[]> {
  const rows = await sql<Line[]>`
    select concat_ws(E'\n',
      format('create role %I %s%s%s%s%s%s;', r.rolname, case when r.rolcanlogin then 'login' else 'nologin' end,
        case when r.rolsuper then ' superuser' end, case when r.rolcreatedb then ' createdb' end, case when r.rolcreaterole then ' createrole' end,
        case when r.rolbypassrls then ' bypassrls' end, case when r.rolinherit then ' inherit' else ' noinherit' end),
      (select string_agg(format('grant %I to %I;', g.rolname, r.rolname), E'\n' order by g.rolname)
         from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid),
      (select string_agg(format('alter role %I set %s;', r.rolname, s), E'\n' order by s)
         from pg_db_role_setting d, unnest(d.setconfig) s where d.setrole = r.oid and d.setdatabase = 0)) as text
    from pg_roles r where r.rolname in ('voucher_owner', 'voucher_app', 'voucher_reader', 'voucher_signer', 'voucher_across')
    order by r.rolname`;
  return rows.map(({ text }) => text);
}

async function types(sql: Sql): Promise<string[]> {
  const rows = await sql<Line[]>`
    select case typtype
        when 'e' then format('create type %I as enum (%s);', typname, (
          select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid))
        when 'd' then concat_ws(' ', format('create domain %I as %s', typname, format_type(typbasetype, typtypmod)),
          'default ' || typdefault, case when typnotnull then 'not null' end, (
            select string_agg(format('constraint %I %s', conname, pg_get_constraintdef(c.oid)), ' ' order by conname)
            from pg_constraint c where contypid = t.oid and contype = 'c')) || ';'
        else format('-- %s type %I', typtype, typname)
      end as text
    from pg_type t
    where typnamespace = 'public'::regnamespace
      and typelem = 0
      and (typrelid = 0 or exists (select from pg_class r where r.oid = typrelid and r.relkind = 'c'))
    order by typname`;
  return rows.map(({ text }) => text);
}

async function sequences(sql: Sql): Promise<string[]> {
  const rows = await sql<Line[]>`
    select format('create sequence %I as %s increment %s start %s;', c.relname, format_type(seqtypid, null),
      seqincrement, seqstart) as text
    from pg_sequence join pg_class c on c.oid = seqrelid
    where c.relnamespace = 'public'::regnamespace
    order by c.relname`;
  return rows.map(({ text }) => text);
}

async function tables(sql: Sql): Promise<string[]> {
  const relations = await sql<{ of: number; head: string; tail: string }[]>`
    select c.oid as of,
      format('-- owner %I', pg_get_userbyid(c.relowner)) || E'\n' ||
        format('create %stable %I%s (', case c.relpersistence when 'u' then 'unlogged ' else '' end, c.relname, (
          select format(' partition of %I %s', i.inhparent::regclass::text, pg_get_expr(c.relpartbound, c.oid))
          from pg_inherits i where i.inhrelid = c.oid)) as head,
      ')' || coalesce(' partition by ' || pg_get_partkeydef(c.oid), '') ||
        coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || ';' ||
        case when c.relrowsecurity then format(E'\nalter table %I enable row level security;', c.relname) else '' end ||
        case when c.relforcerowsecurity then format(E'\nalter table %I force row level security;', c.relname) else '' end
        as tail
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    order by c.relname`;

  const columns = await sql<Part[]>`
    select a.attrelid as of, concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation end,
      case when a.attnotnull then 'not null' end,
      case a.attidentity when 'a' then 'generated always as identity' when 'd' then 'generated by default as identity' end,
      case a.attgenerated when '' then 'default ' || pg_get_expr(d.adbin, d.adrelid)
        else format('generated always as (%s) %s', pg_get_expr(d.adbin, d.adrelid),
          case a.attgenerated when 's' then 'stored' else 'virtual' end) end) as text
    from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    order by a.attrelid, a.attnum`;

  // Not-null constraints stand beside their columns.
  const constraints = await sql<Part[]>`
    select conrelid as of, format('constraint %I %s', conname, pg_get_constraintdef(oid)) as text
    from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid <> 0 and contype in ('p', 'u', 'f', 'c', 'x')
    order by conrelid, array_position('{p,u,x,f,c}'::"char"[], contype), conname`;

  const indexes = await sql<Part[]>`
    select i.indrelid as of, pg_get_indexdef(i.indexrelid) || ';' as text
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'public'::regnamespace
      and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))
    order by c.relname`;

  const policies = await sql<Part[]>`
    select p.polrelid as of, concat_ws(' ',
      format('create policy %I on %I as %s for %s to %s', p.polname, c.relname,
        case when p.polpermissive then 'permissive' else 'restrictive' end,
        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        case when p.polroles = '{0}' then 'public' else (
          select string_agg(quote_ident(rolname), ', ' order by rolname) from pg_roles where oid = any (p.polroles)) end),
      'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
      'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') || ';' as text
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace = 'public'::regnamespace
    order by c.relname, p.polname`;

  const triggers = await sql<Part[]>`
    select t.tgrelid as of, pg_get_triggerdef(t.oid) || ';' ||
      case t.tgenabled when 'O' then '' else format(' -- fires: %s', t.tgenabled) end as text
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
    order by c.relname, t.tgname`;

  const grants = await relationGrants(sql);
  return relations.map(({ of, head, tail }) => {
    const inside = [...partsOf(columns, of), ...partsOf(constraints, of)].map((line) => `  ${line}`).join(',\n');
    const after = [indexes, policies, triggers, grants].flatMap((parts) => partsOf(parts, of));
    return [head, inside, tail, ...after].filter((text) => text !== '').join('\n');
  });
}

async function views(sql: Sql): Promise<string[]> {
  const relations = await sql<{ of: number; text: string }[]>`
    select oid as of, format(E'-- owner %I\ncreate %s %I%s as\n%s', pg_get_userbyid(relowner),
      case relkind when 'm' then 'materialized view' else 'view' end, relname,
      ' with (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(oid)) as text
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
    order by relname`;
  const grants = await relationGrants(sql);
  return relations.map(({ of, text }) => [text, ...partsOf(grants, of)].join('\n'));
}

/** Everybody's rights but the owner's: on the relation, then by column. */
function relationGrants(sql: Sql) {
  return sql<Part[]>`
    select of, format('grant %s on %I to %s;', string_agg(lower(privilege) || columns, ', ' order by privilege), name, grantee)
      as text
    from (
      select c.oid as of, c.relname as name, a.privilege_type as privilege, '' as columns,
        case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee
      from pg_class c, aclexplode(c.relacl) a
      where c.relnamespace = 'public'::regnamespace and a.grantee <> c.relowner
      union all
      select c.oid, c.relname, a.privilege_type, format(' (%s)', string_agg(quote_ident(t.attname), ', ' order by t.attnum)),
        case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
      from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a
      where c.relnamespace = 'public'::regnamespace and a.grantee <> c.relowner
      group by c.oid, c.relname, a.privilege_type, a.grantee
    ) rights
    group by of, name, grantee
    order by name, grantee`;
}

async function functions(sql: Sql): Promise<string[]> {
  const definitions = await sql<{ of: number; text: string }[]>`
    select oid as of, format('-- owner %I', pg_get_userbyid(proowner)) || E'\n' || rtrim(pg_get_functiondef(oid), E'\n') || ';' as text
    from pg_proc
    where pronamespace = 'public'::regnamespace and prokind in ('f', 'p', 'w')
    order by proname, pg_get_function_identity_arguments(oid)`;
  // Without a word about rights everybody may call a function: the default is written out.
  const grants = await sql<Part[]>`
    select p.oid as of, format('grant execute on function %s to %s;', p.oid::regprocedure,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as text
    from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.pronamespace = 'public'::regnamespace and a.grantee <> p.proowner
    order by 1, 2`;
  return definitions.map(({ of, text }) => [text, ...partsOf(grants, of)].join('\n'));
}
