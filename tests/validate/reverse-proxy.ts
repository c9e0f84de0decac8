import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { freePort } from '../support/free-port.ts'
import type { Certificate } from './certificate.ts'

export type ProxyKind = 'nginx' | 'caddy'

export interface ReverseProxy extends AsyncDisposable {
  url: string
  /** Where it takes plain HTTP too. */
  plainPort?: number
  /** What it wrote. */
  log(): string
}

/** A part of the configuration, and what stands there instead. Each must be found. */
export type Edit = readonly [part: string | RegExp, instead: string]

const EXAMPLES = {
  nginx: fileURLToPath(new URL('../../deploy/nginx/netra.conf', import.meta.url)),
  caddy: fileURLToPath(new URL('../../deploy/caddy/Caddyfile', import.meta.url)),
}

/** Debian keeps servers where only root looks for them. */
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }

export const isInstalled = (kind: ProxyKind): boolean =>
  spawnSync(kind, [kind === 'nginx' ? '-v' : 'version'], { env, stdio: 'ignore' }).status === 0

/**
 * The proxy as people run it, with the example configuration on a port of this machine, and edited.
 *
 * @throws with what the proxy says when it does not listen within 10 s.
 */
export async function startReverseProxy(
  kind: ProxyKind,
  options: { netraPort: number; port: number; certificate: Certificate; edits?: readonly Edit[] },
): Promise<ReverseProxy> {
  const folder = mkdtempSync(join(tmpdir(), `netra-${kind}-`))
  writeFileSync(join(folder, 'cert.pem'), options.certificate.cert)
  writeFileSync(join(folder, 'key.pem'), options.certificate.key)
  const plainPort = await freePort()
  const edits = [...localEdits(kind, folder, { ...options, plainPort }), ...(options.edits ?? [])]
  const site = edits
    .reduce(edited, readFileSync(EXAMPLES[kind], 'utf8'))
    .replaceAll('NETRA_PORT', String(options.netraPort))
  const child = kind === 'nginx' ? runNginx(folder, site) : runCaddy(folder, site)
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => (log += data.toString()))
  }
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  if (!(await listens(options.port, child))) {
    await stop()
    throw new Error(`${kind} does not listen:\n${log}\n${site}`)
  }
  const url = `https://localhost:${options.port}`
  return {
    url,
    ...(kind === 'nginx' && { plainPort }),
    log: () => log,
    [Symbol.asyncDispose]: stop,
  }
}

function edited(text: string, [part, instead]: Edit): string {
  const found = typeof part === 'string' ? text.includes(part) : part.test(text)
  if (!found) throw new Error(`the configuration has no ${String(part)}:\n${text}`)
  return text.replaceAll(typeof part === 'string' ? part : new RegExp(part, 'g'), () => instead)
}

/** What anybody changes in the example: names, addresses and where the certificate lies. */
function localEdits(
  kind: ProxyKind,
  folder: string,
  { netraPort, port, plainPort }: Record<'netraPort' | 'port' | 'plainPort', number>,
): Edit[] {
  const upstream: Edit = ['127.0.0.1:8000', `127.0.0.1:${netraPort}`]
  if (kind === 'caddy') {
    const tls = `tls ${join(folder, 'cert.pem')} ${join(folder, 'key.pem')}`
    return [upstream, ['\nnetra.example.com {', `\nhttps://localhost:${port} {\n\t${tls}`]]
  }
  return [
    upstream,
    [/ssl_certificate +\S+;/, `ssl_certificate ${join(folder, 'cert.pem')};`],
    [/ssl_certificate_key +\S+;/, `ssl_certificate_key ${join(folder, 'key.pem')};`],
    [/ *listen \[::\]:\d+.*;\n/, ''],
    ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['server_name netra.example.com;', 'server_name localhost;'],
  ]
}

function runNginx(folder: string, site: string): ChildProcess {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n')
  // As root its workers would become somebody who may not read the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  writeFileSync(join(folder, 'netra.conf'), site)
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${user}
worker_processes 1;
daemon off;
pid ${join(folder, 'pid')};
error_log stderr warn;
events {}
http {
access_log off;
${temporary}
include ${join(folder, 'netra.conf')};
}
`,
  )
  return spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], { env })
}

function runCaddy(folder: string, site: string): ChildProcess {
  const file = join(folder, 'Caddyfile')
  const globals = `{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n`
  writeFileSync(file, `${globals}${site}`)
  const home = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder }
  return spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    env: { ...env, ...home },
  })
}

async function listens(port: number, child: ChildProcess): Promise<boolean> {
  const deadline = performance.now() + 10_000
  while (child.exitCode === null && performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return true
    await wait(20)
  }
  return false
}
