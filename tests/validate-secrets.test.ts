import { expect, test } from 'vitest'

import { reportJson } from '../packages/validator/src/validate/report/json.ts'
import { junit } from '../packages/validator/src/validate/report/junit.ts'
import { markdown } from '../packages/validator/src/validate/report/markdown.ts'
import type { Report } from '../packages/validator/src/validate/report/report.ts'
import { validate } from '../packages/validator/src/validate/validate.ts'
import { startNetra } from './support/netra-process.ts'
import { PASSWORD as password } from './support/people.ts'
import { setUp } from './support/sign-in.ts'
import { startAlteringProxy } from './validate/altering-proxy.ts'

const TOKENS = /"(?:access_token|refresh_token|ticket|token|password)"\s*:\s*"([^"]{8,})"/g
const LINK_TOKEN = /#token=([\w.~-]+)/g
const BEARER = /^Bearer (.+)$/

/** Every secret that went over the line, as a proxy between them saw it. */
class Overheard {
  readonly secrets = new Set<string>()

  learn(text: string): void {
    for (const [, secret = ''] of [...text.matchAll(TOKENS), ...text.matchAll(LINK_TOKEN)]) {
      this.secrets.add(secret)
    }
  }

  learnHeaders(headers: Record<string, unknown>): void {
    const bearer = BEARER.exec(String(headers['authorization']))?.[1]
    if (bearer !== undefined) this.secrets.add(bearer)
    const cookies = [headers['set-cookie'] ?? [], headers['cookie'] ?? []].flat().map(String)
    for (const pair of cookies.flatMap((line) => line.split(/; */))) {
      const [, value = ''] = /^\w*netra_(?:session|device)\w*=(.{8,})$/.exec(pair) ?? []
      if (value !== '') this.secrets.add(value)
    }
  }
}

const allOf = (report: Report): string =>
  [JSON.stringify(reportJson(report)), markdown(report), junit(report)].join('\n')

/** Those that a report holds, shortened so that a failing test tells none. */
const leaked = (text: string, secrets: ReadonlySet<string>): string[] =>
  [...secrets].filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 6)}…`)

test('no report holds a token, a password, a ticket, a link or a cookie that went over the line', async () => {
  await using netra = await startNetra({ env: { NETRA_REGISTRATION: 'closed' } })
  const administrator = await setUp(netra)
  const overheard = new Overheard()
  await using proxy = await startAlteringProxy(netra.url, {
    request(asked) {
      overheard.learn(asked.body)
      overheard.learnHeaders(asked.headers)
    },
    response(asked, answered) {
      overheard.learn(answered.body)
      overheard.learnHeaders(answered.headers)
      // Whatever fails tells more of what it met.
      if (/^\/api\/threads|^\/auth\/refresh/.test(asked.path)) answered.status = 500
    },
  })
  const report = await validate(proxy.url, {
    only: ['addresses.events', 'accounts', 'classic', 'security'],
    accounts: [{ email: administrator.email, password }],
    pace: { refreshGraceMs: 0, silentMs: 0, answerMs: 2_000 },
  })
  const text = allOf(report)
  expect(report.results.filter(({ outcome }) => outcome === 'failed').length).toBeGreaterThan(3)
  expect(overheard.secrets.size).toBeGreaterThan(10)
  expect([...overheard.secrets]).toContain(password)
  expect(leaked(text, overheard.secrets)).toEqual([])
  expect(text).not.toMatch(/eyJ[\w-]{10,}\./)
}, 60_000)
