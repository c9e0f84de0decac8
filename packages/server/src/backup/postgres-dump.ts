import { spawn } from 'node:child_process'

/** The schema that the address itself chooses; undefined for the database as a whole. */
export function schemaOf(url: string): string | undefined {
  const options = new URL(url).searchParams.get('options') ?? ''
  return /search_path=([^\s,]+)/.exec(options)?.[1]
}

/** One consistent picture of the database, as pg_dump takes it while others write. */
export function dumpPostgres(url: string, target: string): Promise<void> {
  const schema = schemaOf(url)
  return run('pg_dump', url, [
    '--format=custom',
    '--no-owner',
    '--no-privileges',
    `--file=${target}`,
    ...(schema === undefined ? [] : [`--schema=${schema}`]),
  ])
}

/** Into a database that has none of its tables. */
export const restorePostgres = (url: string, dump: string): Promise<void> =>
  run('pg_restore', url, ['--no-owner', '--no-privileges', '--exit-on-error', dump])

/** The address holds a password: it goes by the environment, for arguments can be read by anybody. */
function run(program: string, url: string, args: readonly string[]): Promise<void> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  const given = {
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname),
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGSSLMODE: searchParams.get('sslmode') ?? '',
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const target = program === 'pg_restore' ? [`--dbname=${set['PGDATABASE'] ?? ''}`] : []
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...target, ...args], {
      env: { ...process.env, ...set },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    // Whoever ends this process ends the one that works for it.
    const stop = (): void => void child.kill()
    process.once('exit', stop)
    child.once('close', () => process.off('exit', stop))
    let said = ''
    child.stderr.on('data', (data: Buffer) => (said += data.toString()))
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = `${program} is missing: install PostgreSQL's client programs, of the server's version or newer (Debian: postgresql-client)`
      reject(error.code === 'ENOENT' ? new Error(missing) : error)
    })
    child.on('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${program} failed: ${said.trim()}`))
    })
  })
}
