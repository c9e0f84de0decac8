import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra } from './support/netra-process.ts'
import { PASSWORD, register } from './support/people.ts'

const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0

test('a full disk is told as such everywhere, and when there is room again it goes on', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-small-'))
  const isMounted = mount('-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder)
  if (!isMounted) await rm(folder, { recursive: true })
  context.skip(!isMounted, 'no file system can be mounted here')
  try {
    await using netra = await startNetra({ folder })
    const person = await register(netra.url)
    const ballast = join(folder, 'ballast')
    await writeFile(ballast, Buffer.alloc(16 * 1024 * 1024)).catch(() => undefined)

    const form = new FormData()
    form.append('file', new Blob(['a,b\n', 'x'.repeat(400_000)], { type: 'text/csv' }), 'big.csv')
    const upload = await fetch(`${netra.url}/api/files`, {
      method: 'POST',
      headers: person.headers,
      body: form,
    })
    expect(upload.status).toBe(503)
    expect(((await upload.json()) as { message: string }).message).toContain('disk is full')
    const statuses: number[] = []
    for (let attempt = 0; attempt < 20; attempt++) {
      const sent = await request(`${netra.url}/api/threads`, {
        headers: person.headers,
        body: { title: 'x'.repeat(180) },
      })
      statuses.push(sent.status)
    }
    expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([])
    expect((await request(`${netra.url}/api/threads`, { headers: person.headers })).status).toBe(
      200,
    )

    await rm(ballast)
    const login = () =>
      request(`${netra.url}/auth/login`, { body: { email: person.email, password: PASSWORD } })
    expect((await login()).status).toBe(200)
    const recovered = async (): Promise<void> => {
      const { status } = await request(`${netra.url}/api/threads`, {
        headers: person.headers,
        body: { title: 'again' },
      })
      if (status !== 201) return recovered()
    }
    await recovered()
  } finally {
    spawnSync('umount', [folder])
    await rm(folder, { recursive: true, force: true })
  }
})
