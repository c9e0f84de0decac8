import { PassThrough } from 'node:stream'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { fromOutside, withoutSecretText } from './log-redact.ts'
import { createLogger, tapLogger, type LogFormat, type LogRecord } from './logger.ts'
import { inTrace } from './tracing.ts'

const SERVICE = { name: 'netra', version: '1.2.3', project: 'shop' }

function written(log: (logger: ReturnType<typeof createLogger>) => void, format?: LogFormat) {
  const sink = new PassThrough()
  const logger = createLogger('debug', sink, { service: SERVICE, ...(format && { format }) })
  log(logger)
  const text = String(sink.read() ?? '')
  return {
    text,
    lines: () =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  }
}

describe('secrets', () => {
  test('stand in no line by their name, however deep', () => {
    const { text } = written((logger) => {
      logger.info({ a: { b: [{ c: { refreshToken: 'hidden-1' } }] }, 'x-api-key': 'hidden-2' }, 'x')
      logger.child({ session: { Cookie: 'hidden-3' } }).warn({ clientSecret: ['hidden-4'] }, 'y')
      logger.error({ err: Object.assign(new Error('no'), { password: 'hidden-5' }) }, 'z')
    })
    expect(text).not.toMatch(/hidden/)
    expect(text.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(4)
  })

  test.each([
    'GET failed with Authorization: Bearer abc.def-123',
    'authorization: Basic dXNlcjpwYXNz',
    'connect postgres://netra:hunter2hunter2@db:5432/netra failed',
    'https://glpat0123456789abcdef@git.example.com/x',
    'GET /auth/callback?code=4%2F0AX4hunter2&x=1',
    'open https://netra.example.com/setup#token=hunter2hunter2',
    'wss://host/ws?ticket=hunter2hunter2&a=b',
    'x-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJl was refused',
    'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJl was refused',
    'key netra_0123456789abcdef_hunter2hunter2hunter2hunter2hunter2hunter2x',
    'Incorrect API key provided: sk-proj-hunter2hunter2hunter2',
    'Incorrect API key provided: sk-ant-api03-hunter2hunter2hunter2',
    'AIzaSyhunter2hunter2hunter2hunter2hunter2',
    'set-cookie: __Host-netra=hunter2; Path=/',
    'the body was {"email":"a@b.c","password":"hunter2"}',
  ])('stand in no text: %s', (message) => {
    const { text, lines } = written((logger) => {
      logger.error({ err: new Error(message), deep: { said: [message] } }, message)
    })
    expect(text).not.toMatch(/hunter2|dXNlcjpwYXNz|glpat0123|abc\.def-123|eyJhbGci/)
    expect(lines()[0].msg).toContain('[redacted]')
  })

  test('whatever is logged, its line stays one JSON object', () => {
    const nasty = fc.oneof(
      fc.string(),
      fc.constantFrom('Bearer ', '"', '\\', '?token=', 'cookie: ', '://a:b@', '\n', 'PRIVATE KEY'),
    )
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 8 }), (parts) => {
        const line = JSON.stringify({ level: 30, msg: parts.join('') })
        expect(() => JSON.parse(withoutSecretText(line))).not.toThrow()
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['letters behind a suspicious word', `token${'a'.repeat(65_536)}`],
    ['beginnings of a token', '-eyJaaaaaaaa'.repeat(5_461)],
    ['beginnings of a token without a boundary', 'eyJaaaaaaaax'.repeat(5_461)],
    ['an address of colons', `a://${':'.repeat(65_536)}`],
    ['addresses', 'a://b:c'.repeat(9_362)],
    ['schemes', 'a+b.c-'.repeat(10_922) + '://x'],
    ['beginnings of a private key', '-----BEGIN PRIVATE KEY-----'.repeat(2_427)],
    ['a private key of spaces', `-----BEGIN ${'A '.repeat(32_768)}`],
    ['names of fields', `"${'token_'.repeat(10_922)}`],
    ['fields without an end', '"token":"\\\\"'.repeat(5_461)],
    ['fields of JSON in a text', '\\"token\\":\\"'.repeat(4_681)],
    ['spaces behind bearer', `bearer${' '.repeat(65_536)}`],
    ['bearer after bearer', 'bearer '.repeat(9_362)],
    ['cookies', 'cookie: '.repeat(8_192)],
    ['names in a query', `?${'token-'.repeat(10_922)}`],
    ['parts of a query', '?token='.repeat(9_362)],
    ['parts of a key', `sk-${'a-'.repeat(32_768)}"`],
    ['keys', 'sk-a-"'.repeat(10_922)],
    ['our own keys', 'netra_0123456789abcdef_'.repeat(2_849)],
    ['keys of others', 'AIza-ghp_-xoxb-'.repeat(4_369)],
  ])('are looked for in a time that grows with the text only: %s', (_what, text) => {
    const began = performance.now()
    withoutSecretText(`token ${text}`)
    expect(performance.now() - began).toBeLessThan(100)
  })

  test('what is sent from outside costs and fills one short line', () => {
    const { text, lines } = written((logger) => {
      logger.info({ origin: fromOutside(`token${'a'.repeat(20_000)}`) }, 'not allowed')
      logger.info({ deep: { said: 'a b '.repeat(20_000) } }, 'm'.repeat(20_000))
      logger.error({ err: new Error('e'.repeat(60_000)) }, 'failed')
    })
    expect(lines()[0].origin).toHaveLength(256 + '… (19749 more)'.length)
    expect(lines()[1].deep.said.length).toBeLessThan(4_200)
    expect(lines()[1].msg.length).toBeLessThan(4_200)
    expect(text.length).toBeLessThan(40_000)
  })

  test('a text is cut between words, so that no half of a secret loses its form', () => {
    const said = `${'word '.repeat(818)}postgres://netra:hunter2hunter2@db/x`
    const { text } = written((logger) => logger.info({ said }, said))
    expect(text).not.toContain('hunter2')
  })

  test('counts and ordinary words are left alone', () => {
    const { lines } = written((logger) =>
      logger.info({ tokens: 12, url: '/api/threads?limit=5', state: 'queued' }, 'a ticket machine'),
    )
    expect(lines()[0]).toMatchObject({
      tokens: 12,
      url: '/api/threads?limit=5',
      msg: 'a ticket machine',
    })
  })
})

test('a line says which trace, run and person it is of, once', () => {
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), runId: 'run-1', userId: 'ada' }
  const { text, lines } = written((logger) => {
    inTrace(trace, () => {
      logger.info('one')
      logger.child({ run_id: 'own', trace_id: 'own' }).info('two')
    })
    logger.info('three')
  })
  expect(lines()[0]).toMatchObject({ trace_id: 'a'.repeat(32), run_id: 'run-1', user_id: 'ada' })
  expect(lines()[1]).toMatchObject({ trace_id: 'own', run_id: 'own', user_id: 'ada' })
  expect(lines()[2].trace_id).toBeUndefined()
  expect(text.split('\n')[1]?.match(/"trace_id"/g)).toHaveLength(1)
})

test("Google's form has severity, trace, and an error that its Error Reporting takes", () => {
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
  const { lines } = written((logger) => {
    inTrace(trace, () =>
      logger.info({ method: 'GET', url: '/x', status: 401 }, 'not authenticated'),
    )
    logger.error({ err: new Error('broken') }, 'request failed')
  }, 'google')
  const [info, error] = lines()
  expect(info).toMatchObject({
    severity: 'INFO',
    message: 'not authenticated',
    'logging.googleapis.com/trace': `projects/shop/traces/${'a'.repeat(32)}`,
    httpRequest: { requestMethod: 'GET', requestUrl: '/x', status: 401 },
  })
  expect(info.time).toMatch(/^\d{4}-.*Z$/)
  expect(error).toMatchObject({
    severity: 'ERROR',
    '@type': 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent',
    serviceContext: { service: 'netra', version: '1.2.3' },
    stack_trace: expect.stringContaining('Error: broken\n    at '),
  })
})

test('for people a line is text, with its error below', () => {
  const { text } = written(
    (logger) => logger.warn({ err: new Error('why'), run_id: 'r1' }, 'something'),
    'pretty',
  )
  expect(text).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} WARNING {2}something {2}run_id=r1\n {4}Error: why\n {8}at /,
  )
})

test('for people no text moves the cursor, begins a line, or turns letters round', () => {
  const nasty = 'a\u001b[2J\u009b31m\r\nforged\u202eb\u2066c\u2028'
  const { text } = written((logger) => {
    logger.warn({ origin: nasty, deep: [nasty], [nasty]: 1 }, nasty)
    logger.error({ err: new Error(nasty) }, 'failed')
  }, 'pretty')
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_C}\u2028]/u)
  expect(text.split('\n')[0]).toContain('origin=a\\u001b[2J\\u009b31m\\u000d\\u000aforged\\u202eb')
})

test('a tap reads lines from its level on, of children too, without secrets', () => {
  const read: LogRecord[] = []
  written((logger) => {
    const end = tapLogger(logger, 50, (record) => read.push(record))
    logger.info('not this')
    logger.child({ part: 'x' }).error({ password: 'hidden' }, 'this')
    end()
    logger.error('nor this')
  })
  expect(read).toMatchObject([{ level: 50, part: 'x', password: '[redacted]', msg: 'this' }])
})
