import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './free-port.ts'

/** Debian keeps servers where only root looks for them. */
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }

export interface Balancer extends AsyncDisposable {
  url: string
  /** Shares new connections among these ports; those that are open stay where they are. */
  point(ports: readonly number[]): void
}

/** A real nginx on a free port, by plain http, before one or more nodes. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'netra-nginx-'))
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  const write = (to: readonly number[]): void =>
    writeFileSync(file, configuration(folder, port, to))
  write(ports)
  const args = ['-p', folder, '-e', 'stderr', '-c', file]
  const child = spawn('nginx', args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (data: Buffer) => (log += data.toString()))
  child.on('error', (error) => (log += error.message))
  const exited = once(child, 'exit').catch(() => undefined)
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) {
      child.kill('SIGTERM')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; !(await listens(port)); tries += 1) {
    if (tries > 200 || child.exitCode !== null || child.pid === undefined) {
      await stop()
      throw new Error(`nginx does not listen (Debian: apt-get install nginx-light):\n${log}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    point(to) {
      write(to)
      const checked = spawnSync('nginx', ['-t', ...args], { env, encoding: 'utf8' })
      if (checked.status !== 0) throw new Error(checked.stderr)
      child.kill('SIGHUP')
    },
    [Symbol.asyncDispose]: stop,
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => undefined)
    socket.once('connect', () => socket.destroy())
  })

const configuration = (folder: string, port: number, to: readonly number[]): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
pid ${join(folder, 'pid')};
error_log stderr crit;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
  map $http_upgrade $netra_connection { default upgrade; '' ''; }
  upstream netra {
    ${to.map((one) => `server 127.0.0.1:${one} max_fails=1 fail_timeout=1s;`).join('\n    ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://netra;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $netra_connection;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_buffering off;
      proxy_read_timeout 15m;
    }
  }
}
`
