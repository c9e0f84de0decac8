import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { readArguments, USAGE, type Arguments } from './arguments.ts'
import { reportJson } from './report/json.ts'
import { aCheck, aReport } from './testing/made-up.ts'

const folder = mkdtempSync(join(tmpdir(), 'netra-arguments-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const checks = [aCheck({ id: 'accounts.login' }), aCheck({ id: 'health.healthy' })]
const read = (line: string, variables: Record<string, string> = {}) =>
  readArguments(line.split(' ').filter(Boolean), { checks, variables })
const asked = (line: string, variables?: Record<string, string>): Arguments => {
  const found = read(line, variables)
  if (typeof found === 'string') throw new Error(found)
  return found
}

test('without options everything is tried, with five accounts of its own', () => {
  expect(asked('https://netra.example/')).toEqual({
    url: 'https://netra.example',
    trustHosts: [],
    smoke: false,
    withModel: false,
    accounts: [],
    output: {},
  })
})

test('every option is read', () => {
  const before = file('before.json', JSON.stringify(reportJson(aReport([]))))
  const found = asked(
    `http://localhost:8000/netra --only accounts,health.healthy --skip accounts.login --with-model --env staging --users 2 --compare ${before} --json - --junit ${join(folder, 'x.xml')} --http-port 8080`,
  )
  expect(found).toMatchObject({
    url: 'http://localhost:8000/netra',
    only: ['accounts', 'health.healthy'],
    skip: ['accounts.login'],
    withModel: true,
    environment: 'staging',
    users: 2,
    output: { json: '-' },
    plainPort: 8080,
  })
  expect(found.compareWith?.url).toBe('https://netra.example')
  expect(asked('http://x --watch 24h').watchMs).toBe(86_400_000)
})

test('a password comes from the variable, a file, or, if it must be, the line', () => {
  const email = ['a@example.com']
  const both = [...email, 'b@example.com'].map((address) => `--email ${address}`).join(' ')
  const line = `http://x --email ${email[0]}`
  const variables = { NETRA_VALIDATE_PASSWORD: 'from the variable' }
  expect(asked(line, variables).accounts).toEqual([
    { email: email[0], password: 'from the variable' },
  ])
  expect(asked(`${line} --password given`, variables).accounts[0]?.password).toBe('given')
  const lines = file('passwords', 'one\ntwo \n')
  expect(
    asked(`http://x ${both} --password-file ${lines}`).accounts.map((one) => one.password),
  ).toEqual(['one', 'two '])
})

test.for([
  ['', /Which server\?/],
  ['netra.example', /"netra\.example" is no address: write it as https:/],
  ['ftp://netra.example', /is no address/],
  ['http://x http://y', /One address at a time/],
  ['http://me:secret@x', /Leave name and password out/],
  ['http://x/?a=1', /Leave out of the address/],
  ['http://x --onyl accounts', /Unknown option '--onyl': did you mean --only\?/],
  ['http://x --only acounts', /no group or check "acounts": did you mean accounts\?/],
  ['http://x --only accounts,zzzzzzzz', /no group or check "zzzzzzzz": --list shows/],
  ['http://x --skip health.heathy', /did you mean health\.healthy\?/],
  ['http://x --only', /--only/],
  ['http://x --users 6', /--users 6: it is a whole number from 1 to 5/],
  ['http://x --users two', /whole number from 1 to 5/],
  ['http://x --env prod', /--env prod is unknown: it is development, staging, production/],
  ['http://x --watch soon', /--watch soon is no time: write 90s, 30m, 24h or 7d/],
  ['http://x --watch 1h --only accounts', /leave out --only/],
  ['http://x --smoke --only accounts', /leave out --only/],
  ['http://x --email a@example.com', /Which password\? Give it in NETRA_VALIDATE_PASSWORD/],
  ['http://x --password secret', /A password without an account/],
  [
    'http://x --email a@b --password-file /nowhere/x',
    /--password-file \/nowhere\/x cannot be read/,
  ],
  ['http://x --json /nowhere/x.json', /--json \/nowhere\/x\.json cannot be written/],
  ['http://x --json - --markdown -', /Only one of/],
  ['http://x --compare /nowhere/x.json', /--compare \/nowhere\/x\.json cannot be read/],
  ['http://x --http-port 70000', /from 1 to 65535/],
  ['http://x --auth-url auth.x', /is no address/],
  ['http://x --trust-host https://a.example', /no host: write its name alone/],
] as const)('"%s" is refused in one sentence', ([line, sentence]) => {
  expect(() => read(line)).toThrow(sentence)
})

test('a file to compare with that is no report is refused by its name', () => {
  const path = file('other.json', '{}')
  expect(() => read(`http://x --compare ${path}`)).toThrow(`--compare ${path}: it is no report`)
})

test('help wins over whatever else is there, and names every option', () => {
  expect(read('--help')).toBe('help')
  expect(read('--list')).toBe('list')
  for (const option of ['--only', '--skip', '--smoke', '--with-model', '--watch', '--env']) {
    expect(USAGE).toContain(option)
  }
  for (const option of ['--compare', '--users', '--email', '--password', '--password-file']) {
    expect(USAGE).toContain(option)
  }
  for (const option of ['--json', '--markdown', '--junit', '--ca', '--http-port', '--list']) {
    expect(USAGE).toContain(option)
  }
})

test('hosts that may be told secrets are names, as an address has them', () => {
  const { authUrl, trustHosts } = asked(
    'http://x --auth-url https://a.example/in/ --trust-host B.example --trust-host [::1]',
  )
  expect({ authUrl, trustHosts }).toEqual({
    authUrl: 'https://a.example/in',
    trustHosts: ['b.example', '[::1]'],
  })
  expect(asked('http://x').trustHosts).toEqual([])
})
