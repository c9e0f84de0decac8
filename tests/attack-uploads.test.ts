import { Readable } from 'node:stream'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

const LARGEST = 200_000_000
const BOUNDARY = '----boundary'
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n`
const TAIL = `\r\n--${BOUNDARY}--\r\n`

let netra: NetraProcess
let person: Person

beforeAll(async () => {
  netra = await startNetra()
  person = await register(netra.url)
})

afterAll(() => netra[Symbol.asyncDispose]())

async function upload(
  body: BodyInit,
  type = `multipart/form-data; boundary=${BOUNDARY}`,
): Promise<{ status: number; message: string }> {
  const response = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: { ...person.headers, 'content-type': type },
    body,
    duplex: 'half',
  } as RequestInit)
  const { message } = (await response.json()) as { message: string }
  return { status: response.status, message }
}

async function* csvOf(bytes: number): AsyncGenerator<Buffer> {
  yield Buffer.from(HEAD)
  const chunk = Buffer.alloc(1 << 20, 'a,b\n')
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
  yield Buffer.from(TAIL)
}

const stored = async () => {
  const { body } = await request<{ files: unknown[] }>(`${netra.url}/api/files`, {
    headers: person.headers,
  })
  return body.files
}

test('a file one byte too large is refused, not stored without its end', async () => {
  const { status, message } = await upload(
    Readable.toWeb(Readable.from(csvOf(LARGEST + 1))) as BodyInit,
  )
  expect({ status, message }).toMatchObject({
    status: 413,
    message: expect.stringContaining('larger than 200 MB') as string,
  })
  expect(await stored()).toEqual([])
})

test.each([
  ['ends in the middle', `${HEAD}a,b\n1,2`, undefined],
  ['has another boundary than it says', '--other\r\n\r\n', undefined],
  ['has no boundary', 'x', 'multipart/form-data'],
])('a form that %s is the sender’s fault', async (_what, body, type) => {
  expect((await upload(body, type)).status).toBe(422)
  expect(await stored()).toEqual([])
  expect(netra.log()).toBe('')
})
