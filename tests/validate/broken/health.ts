import { answering, changingJson, json, matches } from '../alterations.ts'
import { late } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

export const brokenHealth: readonly BrokenServer[] = [
  {
    name: 'answers 422 to its own health check',
    breaks: 'health.healthy',
    alter: () => answering('/health', () => json(422, { detail: 'field required' })),
  },
  {
    name: 'knows no HEAD',
    breaks: 'health.head',
    alter: () => answering('HEAD /health', () => ({ status: 405, headers: { allow: 'GET' } })),
  },
  {
    name: 'has no probe of its life',
    breaks: 'health.live',
    alter: () => answering('/health/live', () => json(404, { error: true })),
  },
  {
    name: 'is healthy and being drained',
    breaks: 'health.ready',
    alter: () => answering('/health/ready', () => json(503, { status: 'draining', reasons: [] })),
  },
  {
    name: 'answers its start-up probe with the web app',
    breaks: 'health.startup',
    alter: () =>
      answering('/health/startup', () => ({
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><div id="root"></div>',
      })),
  },
  {
    name: 'does not say how long each part took',
    breaks: 'health.details',
    alter: () =>
      changingJson('/api/health', ({ checks, ...body }) => ({
        ...body,
        checks: Object.fromEntries(
          Object.entries(checks as Record<string, object>).map(([name, check]) => [
            name,
            { ...check, response_time_ms: null },
          ]),
        ),
      })),
  },
  {
    name: 'is two versions at once',
    breaks: 'health.version',
    alter: () => changingJson('/api/config', (body) => ({ ...body, revision: 'before' })),
  },
  {
    name: 'is asked for its health through a cache',
    breaks: 'health.numbers-move',
    alter: () => {
      let kept: unknown
      return changingJson('/api/health', (body) => (kept ??= body))
    },
  },
  {
    name: 'counts no sockets',
    breaks: 'health.sockets-counted',
    alter: () => {
      let kept: unknown
      return changingJson('/ws/health', (body) => (kept ??= body))
    },
  },
  {
    name: 'refuses a health check with a parameter',
    breaks: 'health.never-breaks',
    alter: () => ({
      answer: (asked) =>
        matches(asked, '/health') && asked.path.includes('?')
          ? json(422, { detail: 'unknown parameter' })
          : undefined,
    }),
  },
  {
    name: 'is healthy while nobody can sign in',
    breaks: 'health.honest',
    alter: () => answering('/auth/login', () => json(500, { error: true })),
  },
  {
    name: 'has fallen back to reading only',
    breaks: 'health.full-service',
    alter: () =>
      changingJson(/\/(?:health|api\/config)$/, (body) => ({
        ...body,
        mode: { level: 'read_only', why: 'the disk is full' },
      })),
  },
  {
    name: 'takes long to say how it is',
    breaks: 'health.quick',
    alter: () => ({
      request: async (asked) => {
        if (matches(asked, '/health')) await late(1_200)
      },
    }),
  },
]
