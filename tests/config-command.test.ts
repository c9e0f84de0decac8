import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra } from './support/netra-process.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))
const SECRET = 'k9-Vw3xQz7Lr2Tb8Ym4Np6Hs1Dj5Fg0C'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function config(args: string[], env: Record<string, string>) {
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [BIN, 'config', ...args], {
      env: { PATH: process.env['PATH'], ...env },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    child.on('exit', (code) => resolve({ code, out, err }))
  })
}

interface Shown {
  settings: { name: string; value: string | null; is_set: boolean; source: string }[]
  problems: string[]
  warnings: string[]
}

test('each value is shown with its source, by the order of sources, and no secret anywhere', async () => {
  const path = join(folder, 'netra.env')
  await writeFile(
    path,
    `# for this machine\nPORT=8111\nHOST="127.0.0.1"\nNETRA_LOG_LEVEL=debug\nOPENAI_API_KEY=${SECRET}\n`,
  )
  await chmod(path, 0o600)
  const token = join(folder, 'token')
  await writeFile(token, `${SECRET}\n`)
  const env = {
    NETRA_CONFIG_FILE: path,
    PORT: '8222',
    NETRA_METRICS_TOKEN_FILE: token,
    NETRA_ENV: 'staging',
  }
  const { code, out } = await config(['--json'], env)
  expect(code).toBe(0)
  const { settings } = JSON.parse(out) as Shown
  const of = (name: string) => settings.find((setting) => setting.name === name)
  expect(of('PORT')).toMatchObject({ value: '8222', source: 'environment' })
  expect(of('HOST')).toMatchObject({ value: '127.0.0.1', source: `${path}, line 3` })
  expect(of('NETRA_LOG_LEVEL')).toMatchObject({ value: 'debug', source: `${path}, line 4` })
  expect(of('OPENAI_API_KEY')).toMatchObject({ value: null, is_set: true })
  expect(of('NETRA_METRICS_TOKEN')).toMatchObject({
    value: null,
    is_set: true,
    source: 'NETRA_METRICS_TOKEN_FILE',
  })
  expect(of('NETRA_DATA_DIR')).toMatchObject({ is_set: false, source: 'default' })
  const plain = await config([], env)
  expect(plain.out).toMatch(/^PORT +8222 {2}\[environment\]$/m)
  expect(plain.out).toMatch(/^OPENAI_API_KEY +\(set\)/m)
  expect(out + plain.out + plain.err).not.toContain(SECRET)
})

test('a value of a file reaches the server without its last line break', async () => {
  const revision = join(folder, 'revision')
  await writeFile(revision, 'from-a-file\r\n')
  await using netra = await startNetra({
    env: { NETRA_OIDC_NAME_FILE: revision, NETRA_REVISION: 'build-7' },
  })
  const { body } = await request(`${netra.url}/api/config`)
  expect(body['revision']).toBe('build-7')
})

test('config check tells every problem at once, of every source, and ends with 1', async () => {
  const path = join(folder, 'wrong.env')
  await writeFile(path, `NETRA_MOEDL=x\nnonsense\nGOOGLE_CLIENT_ID=a\nOPENAI_API_KEY=${SECRET}\n`)
  await chmod(path, 0o644)
  const { code, out, err } = await config(['check'], {
    NETRA_CONFIG_FILE: path,
    PORT: 'eighty',
    NETRA_LOG_LVL: 'info',
    NETRA_METRICS_TOKEN_FILE: join(folder, 'absent'),
    ANTHROPIC_API_KEY: SECRET,
    ANTHROPIC_API_KEY_FILE: path,
    NETRA_REPLICAS: '2',
  })
  expect([code, out]).toEqual([1, ''])
  for (const words of [
    'PORT ("eighty")',
    'NETRA_LOG_LVL: no such setting; the nearest is NETRA_LOG_LEVEL',
    'line 1: NETRA_MOEDL is no setting; the nearest is NETRA_MODEL',
    'line 2: is not of the form NAME=value',
    'NETRA_METRICS_TOKEN_FILE',
    'ANTHROPIC_API_KEY and ANTHROPIC_API_KEY_FILE are both set',
    'GOOGLE_CLIENT_ID needs GOOGLE_CLIENT_SECRET',
    'NETRA_REPLICAS is 2',
    'every account of this machine may read it: chmod 600',
  ]) {
    expect(err).toContain(words)
  }
  expect(err).not.toContain(SECRET)
  const fine = await config(['check'], {})
  expect([fine.code, fine.out]).toEqual([0, 'The configuration for development has no problem.\n'])
})

test('a weak secret is refused in production and told elsewhere', async () => {
  const env = { NETRA_METRICS_TOKEN: 'changeme', DATABASE_URL: 'postgres://a:password@db/netra' }
  const production = await config(['check'], { ...env, NETRA_ENV: 'production' })
  expect(production.code).toBe(1)
  expect(production.err).toMatch(/NETRA_METRICS_TOKEN is a placeholder/)
  expect(production.err).toMatch(/DATABASE_URL is a placeholder/)
  const development = await config(['check'], env)
  expect([development.code, development.err]).toEqual([0, ''])
  expect(development.out).toMatch(/unwise: NETRA_METRICS_TOKEN is a placeholder/)
  const strong = { NETRA_METRICS_TOKEN: SECRET, DATABASE_URL: `postgres://a:${SECRET}@db/netra` }
  expect((await config(['check'], { ...strong, NETRA_ENV: 'production' })).code).toBe(0)
})

test('no password of an address is shown, whichever setting it stands in', async () => {
  const address = 'http://u:otlpassw0rd@h.example'
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: address,
    NETRA_ALLOWED_ORIGINS: `https://a.example,${address}`,
    NETRA_TRUSTED_PROXIES: 'http://u:otlpass@w0rd@h.example',
  }
  for (const args of [['--json'], [], ['check']]) {
    const { code, out, err } = await config(args, env)
    expect(code).toBe(1)
    expect(out + err).toContain('OTEL_EXPORTER_OTLP_ENDPOINT: holds a user name or a password')
    expect(out + err).not.toMatch(/otlpass|w0rd/)
  }
})

test('a file of a secret that all may read is told, one that all may write is refused', async () => {
  const secret = join(folder, 'open-secret')
  await writeFile(secret, SECRET)
  await chmod(secret, 0o644)
  const env = { NETRA_METRICS_TOKEN_FILE: secret, NETRA_OIDC_NAME_FILE: secret }
  const told = await config(['check'], env)
  expect(told.code).toBe(0)
  expect(told.out.match(/unwise: .*/g)).toEqual([
    `unwise: NETRA_METRICS_TOKEN_FILE (${secret}) holds a secret, and every account of this machine may read it: chmod 600 ${secret}`,
  ])
  const pod = await config(['check'], { ...env, KUBERNETES_SERVICE_HOST: '10.0.0.1' })
  expect(pod.out).not.toContain('unwise')
  await chmod(secret, 0o622)
  const settings = join(folder, 'open.env')
  await writeFile(settings, 'PORT=8111\n')
  await chmod(settings, 0o666)
  const refused = await config(['check'], { ...env, NETRA_CONFIG_FILE: settings })
  expect(refused.code).toBe(1)
  for (const what of [`NETRA_METRICS_TOKEN_FILE (${secret})`, settings]) {
    expect(refused.err).toContain(`${what} may be changed by every account of this machine`)
  }
})

test('an unknown word after config is told', async () => {
  const { code, out, err } = await config(['shwo'], {})
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain('usage: netra config')
})
