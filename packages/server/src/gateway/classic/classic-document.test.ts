import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { CLASSIC_ENDS } from './classic-end.ts'
import { CLASSIC_CLIENT_TYPES } from './classic-message.ts'
import { CLASSIC_SERVER_TYPES } from './classic-server-message.ts'

const document = readFileSync(new URL('../../../../../PROTOCOL.md', import.meta.url), 'utf8')
const start = document.indexOf('. The classic codec\n')
const text = document.slice(start, document.indexOf('\n## ', start))

/** Rows of the table whose first heading is this: the cells of each. */
function tableOf(heading: string): string[][] {
  const from = text.indexOf(`| ${heading} |`)
  const table = text.slice(from, text.indexOf('\n\n', from))
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\| ?| ?\|$/g, '')))
}

const namesIn = (cell: string | undefined): string[] =>
  [...(cell ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')

test('the document lists every message of the classic codec, and no other', () => {
  const first = (heading: string) => tableOf(heading).flatMap(([cell]) => namesIn(cell))
  expect(first('from the client')).toEqual(CLASSIC_CLIENT_TYPES)
  expect(first('to the client')).toEqual(CLASSIC_SERVER_TYPES)
})

test('the document gives every reason to end a classic socket its close code', () => {
  const listed = tableOf('close code').flatMap(([code = '', names]) =>
    namesIn(names).map((name) => `${code} ${name}`),
  )
  // What a socket of this codec cannot be closed for.
  const native = new Set(['REPLACED', 'AUTH_UNAUTHORIZED'])
  const used = Object.values(CLASSIC_ENDS)
    .filter(({ errorCode }) => !native.has(errorCode))
    .map(({ code, errorCode }) => `${code} ${errorCode}`)
  expect(
    new Set(listed.filter((one) => one !== '1008 NO_TOKEN' && !one.startsWith('1009'))),
  ).toEqual(new Set(used))
})
