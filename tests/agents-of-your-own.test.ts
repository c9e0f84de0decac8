import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { makeKey } from './support/api-key.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { blocksOf, readersFolder } from './support/tutorial.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(ROOT, 'packages/server/bin/netra.mjs')
const PAGE = 'docs/agents-of-your-own.md'

test('everything on the page on agents of your own works as it stands there', async () => {
  const { folder, write } = readersFolder()
  mkdirSync(join(folder, 'node_modules/@netra'), { recursive: true })
  symlinkSync(join(ROOT, 'packages/agent-kit'), join(folder, 'node_modules/@netra/agent-kit'))
  // As in a checkout and beside the tarball: the Node that Netra brings.
  mkdirSync(join(folder, 'node_modules/.bin'))
  symlinkSync(process.execPath, join(folder, 'node_modules/.bin/node'))
  write('bin/netra', `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`)
  chmodSync(join(folder, 'bin/netra'), 0o755)
  const path = [join(folder, 'bin'), process.env['PATH']].join(delimiter)
  const env: Record<string, string> = {
    PATH: path,
    HOME: folder,
    NETRA_DATA_DIR: join(folder, 'data'),
  }
  let netra: NetraProcess | undefined
  const outputs: string[] = []
  try {
    for (const block of blocksOf(PAGE)) {
      if ('file' in block) {
        write(block.file, block.text)
        continue
      }
      if (block.commands.trim() === 'netra start') {
        netra = await startNetra({ cwd: folder, env: { NETRA_DATA_DIR: join(folder, 'data') } })
        const person = await register(netra.url)
        const { key } = await makeKey(netra.url, person, ['chat:read', 'chat:write'])
        Object.assign(env, { NETRA_URL: netra.url, NETRA_KEY: key })
        continue
      }
      const ran = spawnSync('sh', ['-ec', block.commands], { cwd: folder, env, encoding: 'utf8' })
      if (ran.status !== 0) throw new Error(`${block.commands}${ran.stdout}${ran.stderr}`)
      outputs.push(ran.stdout)
    }
    // What they change is not what the next run begins with.
    const again = spawnSync('sh', ['-ec', `npm exec -- node --test 'agents/*.test.ts'`], {
      cwd: folder,
      env,
    })
    expect(String(again.stdout)).toMatch(/pass 2\b/)
    const [doctor = '', asked = '', firstTest = '', lastTest = ''] = outputs
    expect(doctor).toMatch(/^ok +agents/m)
    expect(JSON.parse(asked)).toMatchObject({
      status: 'success',
      response: expect.stringContaining('576') as string,
    })
    expect(firstTest).toMatch(/pass 1\b/)
    expect(lastTest).toMatch(/pass 2\b/)
    const answer = await fetch(`${netra?.url}/api/agents`, {
      headers: { authorization: `Bearer ${env['NETRA_KEY']}` },
    })
    const { agents } = (await answer.json()) as { agents: { id: string; origin: string }[] }
    expect(agents.filter(({ origin }) => origin === 'own').map(({ id }) => id)).toEqual([
      'cheapest',
      'price-clerk',
      'rate-desk',
      'rate-editor',
    ])
  } finally {
    await netra?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
}, 120_000)

test('the files in examples/agents are those of the page', () => {
  const files = blocksOf(PAGE).filter((block) => 'file' in block)
  for (const { file, text } of files)
    expect([file, readFileSync(join(ROOT, 'examples', file), 'utf8')]).toEqual([file, text])
  expect(readdirSync(join(ROOT, 'examples/agents')).toSorted()).toEqual(
    files.map(({ file }) => file.replace('agents/', '')).toSorted(),
  )
})
