/** npm run nightly [name…]: what takes hours. One after the other; ends with what each said last. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const NIGHTLY: Readonly<Record<string, readonly string[]>> = {
  validate: ['scripts/nightly-validate.ts'],
  soak: ['tests/soak/run.ts', '--minutes', '120'],
  isolation: ['tests/isolation/run.ts', '--steps', '10000'],
  fuzz: ['tests/fuzz/run.ts', '--inputs', '100000'],
  simulation: ['tests/simulation/run.ts', '--seeds', '1000'],
  delivery: ['packages/server/bin/netra.mjs', 'verify-delivery', '--schedules', '60'],
  conformance: ['tests/mcp-conformance/run.ts'],
  mutations: ['scripts/mutations.mjs'],
  rollback: ['scripts/nightly-rollback.ts'],
}

interface Outcome {
  name: string
  code: number | null
  lastLine: string
  minutes: number
}

async function run(name: string, args: readonly string[]): Promise<Outcome> {
  process.stdout.write(`\n== ${name}: node ${args.join(' ')}\n`)
  const begun = performance.now()
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  let lastLine = ''
  child.stdout.on('data', (data: Buffer) => {
    process.stdout.write(data)
    lastLine = data.toString().trimEnd().split('\n').at(-1) || lastLine
  })
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { name, code, lastLine, minutes: Math.round((performance.now() - begun) / 60_000) }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => NIGHTLY[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(
    `There is no ${unknown.join(', ')}. These are: ${Object.keys(NIGHTLY).join(', ')}.\n`,
  )
  process.exit(2)
}
const outcomes: Outcome[] = []
for (const [name, args] of Object.entries(NIGHTLY)) {
  if (wanted.length === 0 || wanted.includes(name)) outcomes.push(await run(name, args))
}
process.stdout.write('\n')
for (const { name, code, lastLine, minutes } of outcomes) {
  const verdict = code === 0 ? 'ok' : `FAILED (${code})`
  process.stdout.write(`${name.padEnd(12)} ${verdict}, ${minutes} min: ${lastLine}\n`)
}
process.exitCode = outcomes.every(({ code }) => code === 0) ? 0 : 1
