import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { SETTINGS } from '../packages/server/src/config/settings.ts'
import { startAuthProcess } from './support/auth-process.ts'
import { startNetra } from './support/netra-process.ts'

const DEPLOY = fileURLToPath(new URL('../deploy/', import.meta.url))
const room = mkdtempSync(join(tmpdir(), 'netra-deploy-'))
afterAll(() => rmSync(room, { recursive: true, force: true }))

const read = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8')

/** Every document of a file. @throws at the first thing that is no YAML, or is there twice. */
function yaml(path: string): unknown[] {
  return parseAllDocuments(read(path), { merge: true }).map((document) => {
    if (document.errors[0]) throw document.errors[0]
    return document.toJS() as unknown
  })
}

const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.union([z.string(), z.number()]) }),
})
const container = z.object({
  image: z.string(),
  args: z.array(z.string()).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.unknown().optional(),
      }),
    )
    .default([]),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
})
const hardened = z.object({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
})
const deployment = z.object({
  kind: z.literal('Deployment'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.number(),
    strategy: z.object({
      type: z.string(),
      rollingUpdate: z.object({ maxUnavailable: z.literal(0), maxSurge: z.number() }).optional(),
    }),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.object({ runAsNonRoot: z.literal(true), fsGroup: z.number() }),
        containers: z.tuple([
          container.extend({
            securityContext: hardened,
            livenessProbe: probe,
            readinessProbe: probe,
            resources: z.object({ limits: z.object({ memory: z.string() }) }),
          }),
        ]),
        volumes: z.array(z.object({ name: z.string() })),
      }),
    }),
  }),
})

const deploymentsOf = (path: string) =>
  yaml(path)
    .filter((one) => (one as { kind?: string }).kind === 'Deployment')
    .map((one) => deployment.parse(one))

type Environment = Record<string, string>

/** What the process is given; what comes of secrets stands in for them. */
function environmentOf(env: z.output<typeof container>['env']): Environment {
  const secrets: Environment = {
    DATABASE_URL: 'postgres://netra@localhost/netra',
    NETRA_SERVICE_SECRET: 'f3b1d1a8c1d4cf6f0e8a3b7c9d2e5f60718293a4',
    NETRA_BACKUP_PASSPHRASE: 'correct horse battery staple',
  }
  return Object.fromEntries(
    env.map(({ name, value }) => {
      const plain = name.replace(/_FILE$/, '')
      if (!name.endsWith('_FILE')) return [name, value ?? secrets[name] ?? '']
      const file = join(room, plain)
      writeFileSync(file, secrets[plain] ?? '', { mode: 0o600 })
      return [name, file]
    }),
  )
}

const IN_IMAGE = { NETRA_ENV: 'production', HOST: '0.0.0.0', PORT: '8000', NETRA_DATA_DIR: '/data' }
const KNOWN = new Set<string>(Object.values(SETTINGS).map(({ env }) => env))

/** Seconds until the platform kills, against those that the process was given. */
function expectRoomToDrain(env: Environment, graceSeconds: number): void {
  const { drainSeconds, drainDelaySeconds } = loadConfig({ ...IN_IMAGE, ...env })
  expect(graceSeconds).toBeGreaterThanOrEqual(drainSeconds + drainDelaySeconds + 4)
}

const MANIFESTS = readdirSync(join(DEPLOY, 'kubernetes')).map((name) => `kubernetes/${name}`)

test.each(MANIFESTS)('%s is settings that Netra takes, with room to drain', (path) => {
  for (const { spec } of deploymentsOf(path)) {
    const [one] = spec.template.spec.containers
    for (const { name } of one.env) expect(KNOWN).toContain(name.replace(/_FILE$/, ''))
    const env = environmentOf(one.env)
    expectRoomToDrain(env, spec.template.spec.terminationGracePeriodSeconds)
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
    const mounted = one.volumeMounts.map(({ name }) => name)
    expect(spec.template.spec.volumes.map(({ name }) => name).toSorted()).toEqual(
      mounted.toSorted(),
    )
    expect(Number(env['NETRA_REPLICAS'] ?? 1)).toBe(spec.replicas)
  }
})

test('on SQLite a deploy is stop, then start; on PostgreSQL no node is missed', () => {
  const [alone] = deploymentsOf('kubernetes/netra-sqlite.yaml')
  expect(alone?.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
  const [nodes, auth] = deploymentsOf('kubernetes/netra-postgres.yaml')
  expect(nodes?.spec).toMatchObject({
    replicas: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
  })
  expect(auth?.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
  const env = environmentOf(nodes!.spec.template.spec.containers[0].env)
  const { DATABASE_URL_FILE: _gone, ...withoutDatabase } = env
  expect(() => loadConfig({ ...IN_IMAGE, ...withoutDatabase })).toThrow(
    'NETRA_REPLICAS is 2, but the journal is SQLite',
  )
})

test('every probe of every platform is answered by the process that it asks', async () => {
  const paths = { start: new Set<string>(), auth: new Set<string>() }
  for (const path of MANIFESTS) {
    for (const { spec } of deploymentsOf(path)) {
      const [one] = spec.template.spec.containers
      const which = one.args[0] === 'auth' ? 'auth' : 'start'
      for (const asked of [one.startupProbe, one.livenessProbe, one.readinessProbe]) {
        if (asked) paths[which].add(asked.httpGet.path)
      }
    }
  }
  const run = container.parse(cloudRun().spec.template.spec.containers[0])
  for (const asked of [run.startupProbe, run.livenessProbe]) paths.start.add(asked!.httpGet.path)
  paths.start.add(/HEALTHCHECK[^]*?\$\{PORT\}([^"]*)"/.exec(read('Dockerfile'))?.[1] ?? 'none')
  expect(paths.start.size).toBe(3)
  await using netra = await startNetra()
  await using auth = await startAuthProcess()
  for (const [which, url] of [
    ['start', netra.url],
    ['auth', auth.url],
  ] as const) {
    for (const path of paths[which]) {
      expect([which, path, (await fetch(`${url}${path}`)).status]).toEqual([which, path, 200])
    }
  }
}, 120_000)

const cloudRun = () =>
  z
    .object({
      spec: z.object({
        template: z.object({
          metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
          spec: z.object({ timeoutSeconds: z.number(), containers: z.tuple([z.unknown()]) }),
        }),
      }),
    })
    .parse(yaml('cloud-run/service.yaml')[0])

test('on Cloud Run the processor is not taken away, the journal is PostgreSQL, and a drain fits', () => {
  const { metadata, spec } = cloudRun().spec.template
  expect(metadata.annotations['run.googleapis.com/cpu-throttling']).toBe('false')
  const env = environmentOf(container.parse(spec.containers[0]).env)
  const config = loadConfig({ ...IN_IMAGE, ...env, K_REVISION: 'netra-00001-abc' })
  expect(config.secrets.databaseUrl).toBeDefined()
  expect(config.authServiceUrl).toBeDefined()
  expectRoomToDrain(env, 10)
  expect(env['NETRA_REPLICAS']).toBe(metadata.annotations['autoscaling.knative.dev/maxScale'])
})

const service = z.object({
  read_only: z.literal(true).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  stop_grace_period: z.string().optional(),
  secrets: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
})
const compose = z.object({
  services: z.record(z.string(), service),
  secrets: z.record(z.string(), z.unknown()).default({}),
  volumes: z.record(z.string(), z.unknown()),
})

test.each(['compose/netra.yaml', 'compose/netra-postgres.yaml'])(
  '%s names what it has, and gives Netra settings it takes',
  (path) => {
    const { services, secrets, volumes } = compose.parse(yaml(path)[0])
    const nodes = Object.entries(services).filter(
      ([, one]) => 'NETRA_PUBLIC_URL' in one.environment,
    )
    for (const one of Object.values(services)) {
      for (const secret of one.secrets) expect(Object.keys(secrets)).toContain(secret)
      for (const volume of one.volumes.filter((text) => !text.startsWith('.'))) {
        expect(Object.keys(volumes)).toContain(volume.split(':')[0])
      }
    }
    expect(nodes.length).toBe(path.includes('postgres') ? 2 : 1)
    for (const [, { environment, stop_grace_period, read_only }] of nodes) {
      expect(read_only).toBe(true)
      const env = Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          value
            .replace(/^\$\{NETRA_PUBLIC_URL:\?.*\}$/, 'https://netra.example.com')
            .replace(/^\$\{\w+:-(.*)\}$/, '$1'),
        ]),
      )
      const given = environmentOf(Object.entries(env).map(([name, value]) => ({ name, value })))
      for (const name of Object.keys(env)) expect(KNOWN).toContain(name.replace(/_FILE$/, ''))
      expectRoomToDrain(given, Number.parseInt(stop_grace_period ?? '10', 10))
      expect(Number(env['NETRA_REPLICAS'] ?? 1)).toBe(nodes.length)
    }
  },
)

test('the image runs as nobody special, from a list of what may go into it', () => {
  const lines = read('Dockerfile').split('\n')
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
  expect(last[0]).toMatch(/^FROM node:24-alpine/)
  expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('ENTRYPOINT ["netra"]'))
  expect(last.indexOf('USER node')).toBeGreaterThan(0)
  const ignored = read('Dockerfile.dockerignore').split('\n').slice(1)
  expect(ignored[0]).toBe('*')
  expect(readFileSync(join(DEPLOY, '../.dockerignore'), 'utf8').split('\n').slice(1)).toEqual(
    ignored,
  )
})

test('the units hold for systemd itself, give time to drain, and hide what Netra needs not see', () => {
  const unit = read('systemd/netra.service')
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
  expect(seconds).toBeGreaterThan(30)
  expect(unit).toMatch(/^ProtectSystem=strict$/m)
  // Where systemd is not installed there is nobody to ask.
  if (spawnSync('systemd-analyze', ['--version']).error) return
  const names = readdirSync(join(DEPLOY, 'systemd'))
  for (const name of names) {
    // The paths of the example need not exist here: something that does stands in for them.
    const text = read(`systemd/${name}`).replaceAll('/usr/bin/node', process.execPath)
    writeFileSync(join(room, name), text)
  }
  const units = names.map((name) => join(room, name))
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...units], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
})
