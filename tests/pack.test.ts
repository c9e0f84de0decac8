import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { startNetra } from './support/netra-process.ts'
import { layDependencies, mustRun, packAndUnpack } from './support/packed.ts'
import { openProgram } from './support/sdk.ts'
import { readersFolder } from './support/tutorial.ts'
import { generatedWorkload } from './support/workload.ts'

let packed: ReturnType<typeof packAndUnpack>
let laid: string[]

beforeAll(() => {
  packed = packAndUnpack()
  laid = layDependencies(packed.folder)
}, 120_000)
afterAll(() => rmSync(dirname(packed.folder), { recursive: true, force: true }))

test('the tarball holds JavaScript that Node reads, neither tests nor TypeScript, and the types of the agent kit', () => {
  const files = readdirSync(packed.folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.startsWith('node_modules'),
  )
  const isSource = (path: string): boolean => /(?<!\.d)\.tsx?$|\.test\.|\.map$/.test(path)
  expect(files.filter(isSource)).toEqual([])
  expect(files).toContain(join('packages', 'agent-kit', 'src', 'agent-kit.d.ts'))
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
  const env = { NETRA_AGENTS_DIR: resolve('examples/agents') }
  await using netra = await startNetra({ bin: packed.bin, env })
  const page = await (await fetch(netra.url)).text()
  const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? 'no script'
  expect((await fetch(new URL(script, netra.url))).headers.get('content-type')).toMatch(
    /javascript/,
  )
  using program = await openProgram(netra.url)
  const ids = (await program.api.agents()).map(({ id }) => id)
  expect(ids).toEqual(expect.arrayContaining(['price-clerk', 'rate-desk', 'rate-editor']))
  const { csv } = generatedWorkload(4, 200)
  const file = await program.upload('conv.csv', csv)
  const answered = await program.ask('How many requests are there?', { files: [file] })
  expect(answered.text).toContain('200')
  expect(answered.results.length).toBeGreaterThan(0)
  expect(await netra.kill('SIGTERM')).toBe(0)
  expect(netra.log()).toBe('')
}, 120_000)

test('agents written beside it are typed and tested with the kit that it brings', () => {
  const { folder, write } = readersFolder()
  try {
    cpSync('examples/agents', join(folder, 'agents'), { recursive: true })
    // As `npm install ./node_modules/netra/packages/agent-kit` lays it.
    mkdirSync(join(folder, 'node_modules/@netra'), { recursive: true })
    const kit = join(folder, 'node_modules/@netra/agent-kit')
    symlinkSync(join(packed.folder, 'packages/agent-kit'), kit)
    symlinkSync(resolve('node_modules/@types'), join(folder, 'node_modules/@types'))
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
    }
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['agents'] }))
    const told = mustRun(process.execPath, ['--test', 'agents/*.test.ts'], folder)
    expect(told).toMatch(/pass 2\b/)
    expect(mustRun(resolve('node_modules/.bin/tsc'), [], folder)).toBe('')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)

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
