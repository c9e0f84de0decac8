// node scripts/nightly-image.ts [--root <debootstrap's folder>] [--keep <folder>]
// The steps of deploy/Dockerfile where there is no Docker: the context of .dockerignore alone, npm ci, pack, npm ci
// --omit=dev, then the result in a root of its own (Debian's, for Alpine's is on no registry of packages), read-only,
// as user 1000, within 1 CPU and 1 GiB. Needs root, Debian's debootstrap and the registry.
import { equal, match, ok } from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { freePort } from '../tests/support/free-port.ts'
import { openProgram } from '../tests/support/sdk.ts'
import { generatedWorkload } from '../tests/support/workload.ts'

const GIB = 1024 ** 3
const NOBODY = 1000

const { values } = parseArgs({ options: { root: { type: 'string' }, keep: { type: 'string' } } })
const room = mkdtempSync(join(tmpdir(), 'netra-image-'))
const root = values.root ?? join(room, 'root')
const limits: string[] = []
try {
  const app = values.keep ?? join(room, 'app')
  if (!existsSync(join(app, 'node_modules'))) build(app)
  if (!existsSync(join(root, 'bin'))) {
    run('debootstrap', ['--variant=minbase', 'bookworm', root])
  }
  lay(app)
  await serve()
  sizes(app)
} finally {
  for (const group of limits) rmdirSync(group)
  rmSync(room, { recursive: true, force: true })
}

function say(fact: string): void {
  process.stdout.write(`ok  ${fact}\n`)
}

function run(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
    ...(cwd !== undefined && { cwd }),
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** The first two stages: from the context to /app. */
function build(app: string): void {
  const context = join(room, 'context')
  mkdirSync(context)
  const [...rules] = readFileSync('.dockerignore', 'utf8').split('\n')
  const taken = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1))
  const left = rules.filter((rule) => rule.startsWith('**/')).map((rule) => rule.slice(3))
  const archive = join(room, 'context.tar')
  run('tar', ['cf', archive, ...left.map((rule) => `--exclude=${rule}`), ...taken])
  run('tar', ['xf', archive, '-C', context])
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], context)
  const pack = ['--disable-warning=ExperimentalWarning', 'scripts/pack.mjs', join(room, 'out')]
  run(process.execPath, pack, context)
  const [tarball = ''] = readdirSync(join(room, 'out'))
  mkdirSync(app, { recursive: true })
  run('tar', ['xzf', join(room, 'out', tarball), '-C', app, '--strip-components=1'])
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], app)
  say('the context that .dockerignore leaves is enough to pack and install')
  for (const name of ['vite', 'vitest', 'typescript', 'react', 'playwright-core']) {
    ok(!existsSync(join(app, 'node_modules', name)), `${name} is there, for development only`)
  }
}

/** The last stage: what COPY, RUN and USER do. */
function lay(app: string): void {
  rmSync(join(root, 'app'), { recursive: true, force: true })
  run('cp', ['-r', app, join(root, 'app')])
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'))
  rmSync(join(root, 'usr/local/bin/netra'), { force: true })
  symlinkSync('/app/packages/server/bin/netra.mjs', join(root, 'usr/local/bin/netra'))
  mkdirSync(join(root, 'data'), { recursive: true })
}

function makeGroup(folder: string, files: Record<string, string>): string {
  mkdirSync(folder)
  limits.push(folder)
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), value)
  return join(folder, 'cgroup.procs')
}

/** A control group of one CPU and 1 GiB, in whichever version this machine has. */
function limit(): string[] {
  const name = `netra-image-${process.pid}`
  const base = '/sys/fs/cgroup'
  if (existsSync(join(base, 'memory'))) {
    return [
      makeGroup(join(base, 'memory', name), { 'memory.limit_in_bytes': String(GIB) }),
      makeGroup(join(base, 'cpu', name), {
        'cpu.cfs_quota_us': '100000',
        'cpu.cfs_period_us': '100000',
      }),
    ]
  }
  return [makeGroup(join(base, name), { 'memory.max': String(GIB), 'cpu.max': '100000 100000' })]
}

function peakBytes(): number {
  const files = ['memory.max_usage_in_bytes', 'memory.peak'].map((file) =>
    join(limits[0] ?? '', file),
  )
  return Number(readFileSync(files.find((file) => existsSync(file)) ?? '', 'utf8'))
}

async function serve(): Promise<void> {
  const data = join(room, 'data')
  mkdirSync(data, { mode: 0o700 })
  chownSync(data, NOBODY, NOBODY)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = `PATH=/usr/local/bin:/usr/bin:/bin NODE_ENV=production HOST=0.0.0.0 PORT=${port} NETRA_DATA_DIR=/data NETRA_INSECURE_HTTP=1 NETRA_REGISTRATION=open`
  const script = `set -eu
    for group in ${limit().join(' ')}; do echo $$ > $group; done
    mount --make-rprivate /
    mount --bind ${root} ${root}
    mount --bind ${data} ${root}/data
    mount -t tmpfs -o size=64m,mode=1777 tmpfs ${root}/tmp
    mount -t proc proc ${root}/proc
    mount -o remount,bind,ro ${root}
    if chroot --userspec=0:0 ${root} touch /app/written 2>/dev/null; then echo 'the root can be written' >&2; exit 9; fi
    exec chroot --userspec=${NOBODY}:${NOBODY} ${root} /usr/bin/env -i ${env} netra start`
  const child = spawn('unshare', ['--mount', '/bin/sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (data_: Buffer) => (log += data_.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const began = performance.now()
  try {
    let ready = ''
    for await (const line of createInterface({ input: child.stdout })) {
      ready = line
      if (line.includes('ready at')) break
    }
    match(ready, /ready at/, log)
    child.stdout.resume()
    say(
      `it is ready in ${Math.round(performance.now() - began)} ms, as user ${NOBODY}, the root read-only`,
    )
    const rest = rssMb(child.pid)
    using program = await openProgram(url)
    const { csv } = generatedWorkload(4, 20_000)
    const file = await program.upload('conv.csv', csv)
    const { text, results } = await program.ask('How many requests are there?', { files: [file] })
    ok(/20,?000/.test(text), `${text}\n${log}`)
    ok(results.length > 0)
    const page = await fetch(url)
    equal(page.status, 200)
    say(
      `a conversation over 20,000 rows: ${rest} MB resident at rest, ${rssMb(child.pid)} MB after it, ${Math.round(peakBytes() / 1e6)} MB at most in the group of 1 GiB and 1 CPU, DuckDB among it`,
    )
  } finally {
    child.kill('SIGTERM')
    await exited
  }
  equal(await exited, 0, log)
  equal(log, '')
  say('it drained and ended with 0, and wrote nothing to its log')
}

function rssMb(pid = 0): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000)
}

function gzippedMb(command: string): number {
  return Number(run('/bin/sh', ['-c', `${command} | gzip -6 | wc -c`])) / 1e6
}

/** Compressed, as a registry counts; DuckDB's binding for musl is a little larger than this one. */
function sizes(app: string): void {
  const own = gzippedMb(`tar c -C ${app} .`)
  const node = gzippedMb(`cat ${process.execPath}`)
  say(`compressed: /app ${own.toFixed(1)} MB, Node ${node.toFixed(1)} MB`)
  ok(own + node < 190, 'with Alpine’s own few MB it would pass 200 MB')
}
