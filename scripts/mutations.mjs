// npm run mutations [-- name…]: applies each deliberate bug to a copy of the repository and runs the
// test that must find it. A bug that no test finds, or a patch that does not apply, fails.
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { environmentWithNode } from '../packages/server/bin/own-node.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'tests', 'mutations')

/** `What:`, `Test:` and `Title:` stand above the diff. */
function readMutation(file) {
  const text = readFileSync(join(FOLDER, file), 'utf8')
  const field = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  return {
    name: file.replace(/\.patch$/, ''),
    path: join(FOLDER, file),
    what: field('What'),
    test: field('Test'),
    title: field('Title'),
  }
}

const git = (cwd, ...args) => spawnSync('git', args, { cwd, encoding: 'utf8' })

/** All that git would keep, with the packages linked to the copy and not to the original. */
function copyRepository() {
  const copy = mkdtempSync(join(tmpdir(), 'netra-mutations-'))
  const { stdout } = git(ROOT, 'ls-files', '-z', '-co', '--exclude-standard')
  for (const file of stdout.split('\0')) {
    if (file === '' || !existsSync(join(ROOT, file))) continue
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(ROOT, file), join(copy, file))
  }
  const modules = join(copy, 'node_modules')
  mkdirSync(join(modules, '@netra'), { recursive: true })
  for (const entry of readdirSync(join(ROOT, 'node_modules'))) {
    if (entry === '@netra' || entry.startsWith('.vite')) continue
    symlinkSync(join(ROOT, 'node_modules', entry), join(modules, entry))
  }
  for (const name of readdirSync(join(copy, 'packages'))) {
    symlinkSync(join(copy, 'packages', name), join(modules, '@netra', name))
  }
  const made = readdirSync(join(copy, 'packages')).map((name) =>
    join('packages', name, 'node_modules'),
  )
  for (const folder of [...made, join('packages', 'web', 'dist')]) {
    if (existsSync(join(ROOT, folder))) symlinkSync(join(ROOT, folder), join(copy, folder))
  }
  return copy
}

/** How many of the tests with that title passed and failed; a file that cannot run has neither. */
function runTest(copy, { test, title }) {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const args = ['run', test, '-t', title, '--reporter=json', `--outputFile=${report}`]
  return new Promise((resolve) => {
    const child = spawn('vitest', args, { cwd: copy, env: environmentWithNode(), stdio: 'ignore' })
    child.on('error', () => resolve({ passed: 0, failed: 0 }))
    child.on('exit', () => {
      if (!existsSync(report)) return resolve({ passed: 0, failed: 0 })
      const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(
        readFileSync(report, 'utf8'),
      )
      resolve({ passed, failed })
    })
  })
}

async function verdictOn(copy, mutation, isGreen) {
  if (!(await isGreen(mutation))) return 'its test is not green without it'
  if (git(copy, 'apply', '-C1', mutation.path).status !== 0) return 'the patch does not apply'
  try {
    return (await runTest(copy, mutation)).failed > 0 ? 'found' : 'SURVIVES'
  } finally {
    git(copy, 'apply', '-R', '-C1', mutation.path)
  }
}

const wanted = process.argv.slice(2)
const mutations = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.patch'))
  .toSorted()
  .map(readMutation)
  .filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)))

const copy = copyRepository()
const greens = new Map()
const isGreen = async (mutation) => {
  const key = `${mutation.test} ${mutation.title}`
  if (!greens.has(key)) {
    const { passed, failed } = await runTest(copy, mutation)
    greens.set(key, passed > 0 && failed === 0)
  }
  return greens.get(key)
}
let isAllFound = mutations.length > 0
try {
  for (const mutation of mutations) {
    const verdict = await verdictOn(copy, mutation, isGreen)
    isAllFound &&= verdict === 'found'
    process.stdout.write(
      `${verdict.padEnd(9)} ${mutation.name.padEnd(34)} ${mutation.what}\n${' '.repeat(10)}${mutation.test}: ${mutation.title}\n`,
    )
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
process.exitCode = isAllFound ? 0 : 1
