// npm test: says in one line what is missing and how to get it, then runs everything.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

import { environmentWithNode } from '../packages/server/bin/own-node.mjs'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

function fail(line) {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

if (!existsSync(new URL('../node_modules/vitest', import.meta.url)))
  fail('Dependencies are missing: run npm ci')
if (!existsSync(new URL('../packages/web/dist/index.html', import.meta.url))) {
  fail('The web app is not built: run npm ci (or npm run build --workspace @netra/web)')
}
const browser =
  process.env.NETRA_TEST_BROWSER ?? BROWSERS.find((path) => existsSync(path)) ?? installBrowser()
if (!browser)
  fail(
    'A browser is missing: apt-get install chromium, or set NETRA_TEST_BROWSER to the path of one',
  )

for (const [command, name] of [
  ['nginx', 'nginx-light'],
  ['caddy', 'caddy'],
]) {
  // The tests that need it say so and are skipped.
  if (!isCommand(command)) install(name, `the tests of Netra behind ${command}`)
}

const { MISSING, providePostgres } = await import('./postgres-server.mjs')
const postgres = await providePostgres(installPostgres)
if (!postgres) fail(MISSING)

const env = {
  ...environmentWithNode(),
  NETRA_TEST_BROWSER: browser,
  TEST_DATABASE_URL: postgres.url,
}
const child = spawn('vitest', ['run', ...process.argv.slice(2)], { stdio: 'inherit', env })
process.on('exit', () => postgres.stop())
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => fail(error.message))
child.on('exit', (code) => process.exit(code ?? 1))

function isCommand(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin']
  return folders.some((folder) => existsSync(`${folder}/${command}`))
}

function installBrowser() {
  install('chromium', 'the browser tests')
  return BROWSERS.find((path) => existsSync(path))
}

function installPostgres() {
  return install('postgresql', 'the tests of the shared journal')
}

/** On a Debian machine, as root, a package can be had without asking. */
function install(name, purpose) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  process.stderr.write(`Installing ${name} for ${purpose}…\n`)
  apt('update')
  apt('install', '-y', '--no-install-recommends', name)
  return true
}

function apt(...args) {
  const quiet = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: quiet,
  })
}
