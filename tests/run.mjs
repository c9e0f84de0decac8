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

const env = { ...environmentWithNode(), NETRA_TEST_BROWSER: browser }
const child = spawn('vitest', ['run', ...process.argv.slice(2)], { stdio: 'inherit', env })
child.on('error', (error) => fail(error.message))
child.on('exit', (code) => process.exit(code ?? 1))

/** On a Debian machine, as root, the browser can be had without asking. */
function installBrowser() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  process.stderr.write('Installing chromium for the browser tests…\n')
  apt('update')
  apt('install', '-y', '--no-install-recommends', 'chromium')
  return BROWSERS.find((path) => existsSync(path))
}

function apt(...args) {
  return spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}
