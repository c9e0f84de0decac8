import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { startNetra } from './support/netra-process.ts'
import { layDependencies, mustRun, packAndUnpack } from './support/packed.ts'
import { openProgram } from './support/sdk.ts'
import { generatedWorkload } from './support/workload.ts'

let packed: ReturnType<typeof packAndUnpack>
let laid: string[]

beforeAll(() => {
  packed = packAndUnpack()
  laid = layDependencies(packed.folder)
}, 120_000)
afterAll(() => rmSync(dirname(packed.folder), { recursive: true, force: true }))

test('the tarball holds JavaScript that Node reads, and neither tests nor TypeScript', () => {
  const files = readdirSync(packed.folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.startsWith('node_modules'),
  )
  expect(files.filter((path) => /\.tsx?$|\.test\.|\.map$/.test(path))).toEqual([])
  expect(files).toContain(join('packages', 'web', 'dist', 'index.html'))
  expect(files).toContain('LICENSE')
  const licenses = readFileSync(join(packed.folder, 'packages/web/dist/licenses.md'), 'utf8')
  expect(licenses).toMatch(/^## react /m)
})

test('its lock file names what it imports exactly, and nothing that only development needs', () => {
  const { dependencies } = JSON.parse(
    readFileSync(join(packed.folder, 'package.json'), 'utf8'),
  ) as {
    dependencies: Record<string, string>
  }
  const server = JSON.parse(readFileSync('packages/server/package.json', 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const [name, version] of Object.entries(dependencies)) {
    expect([name, server.dependencies[name]]).toEqual([name, version])
  }
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: true }>
  }
  const onlyForDevelopment = laid.filter((name) => lock.packages[`node_modules/${name}`]?.dev)
  expect(onlyForDevelopment).toEqual([])
  expect(laid).toContain('fastify')
  expect(laid).not.toContain('vite')
  expect(existsSync(join(packed.folder, 'node_modules/@netra'))).toBe(false)
})

test('it serves the web app and answers from uploaded data, with nothing of the tree', async () => {
  await using netra = await startNetra({ bin: packed.bin })
  const page = await (await fetch(netra.url)).text()
  const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? 'no script'
  expect((await fetch(new URL(script, netra.url))).headers.get('content-type')).toMatch(
    /javascript/,
  )
  using program = await openProgram(netra.url)
  const { csv } = generatedWorkload(4, 200)
  const file = await program.upload('conv.csv', csv)
  const answered = await program.ask('How many requests are there?', { files: [file] })
  expect(answered.text).toContain('200')
  expect(answered.results.length).toBeGreaterThan(0)
  expect(await netra.kill('SIGTERM')).toBe(0)
  expect(netra.log()).toBe('')
}, 120_000)

test('its revision names a commit of this tree', () => {
  const { revision } = JSON.parse(
    readFileSync(join(packed.folder, 'packages/server/package.json'), 'utf8'),
  ) as { revision: string }
  const commit = revision.replace(/-changed$/, '')
  expect(mustRun('git', ['cat-file', '-t', commit]).trim()).toBe('commit')
})

test('the black box runs from it too', () => {
  const help = mustRun(process.execPath, [packed.bin, 'help'])
  expect(help).toContain('netra verify-delivery')
  const asked = mustRun(process.execPath, [packed.bin, 'config'])
  expect(asked).toContain('NETRA_DATA_DIR')
}, 120_000)

test('whatever its code opens beside itself is in it', () => {
  const files = readdirSync(join(packed.folder, 'packages'), { recursive: true, encoding: 'utf8' })
  const missing: string[] = []
  for (const file of files.filter((name) => /\.m?js$/.test(name) && !name.startsWith('web'))) {
    const path = join(packed.folder, 'packages', file)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
      /(?:from |import\(?|new URL\()\s*'(\.{1,2}\/[^'$]+)'/g,
    )) {
      if (!existsSync(join(dirname(path), name))) missing.push(`${file}: ${name}`)
    }
  }
  expect(missing).toEqual([])
}, 120_000)
