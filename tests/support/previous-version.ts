import { deepEqual, ok } from 'node:assert/strict'

import { request } from './http.ts'
import { PASSWORD } from './people.ts'

/** What people of the version before had, written down while it ran. */
export interface Remembered {
  revision: string
  people: {
    email: string
    threads: { id: string; question: string; answer: string }[]
    files: { id: string; text: string }[]
  }[]
}

/**
 * Everybody signs in with their password and finds what they had.
 *
 * @throws AssertionError
 */
export async function findAll(url: string, { people }: Remembered): Promise<void> {
  for (const { email, threads, files } of people) {
    const { status, body } = await request<{ access_token: string }>(`${url}/auth/login`, {
      body: { email, password: PASSWORD },
    })
    deepEqual([email, status], [email, 200])
    const headers = { authorization: `Bearer ${body.access_token}` }
    const listed = await request<{ id: string }[]>(`${url}/api/threads`, { headers })
    const found = listed.body.map(({ id }) => id).toSorted(byName)
    deepEqual(found, threads.map(({ id }) => id).toSorted(byName))
    for (const { id, question, answer } of threads) {
      const said = await request<unknown>(`${url}/api/threads/${id}/messages`, { headers })
      const text = JSON.stringify(said.body)
      ok(text.includes(JSON.stringify(question).slice(1, -1)), `${id} lacks its question`)
      ok(text.includes(JSON.stringify(answer).slice(1, -1)), `${id} lacks its answer`)
    }
    for (const { id, text } of files) {
      const content = await fetch(`${url}/api/files/${id}/content`, { headers })
      deepEqual([id, await content.text()], [id, text])
    }
  }
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1)
