import { writeFileSync } from 'node:fs'
import tls from 'node:tls'

import { Accounts } from './accounts.ts'
import { readArguments, STDOUT, USAGE, type Arguments } from './arguments.ts'
import { CHECKS } from './checks/checks.ts'
import { reasonOf } from './http-client.ts'
import { compare, inWords } from './report/compare.ts'
import { reportJson } from './report/json.ts'
import { junit } from './report/junit.ts'
import { markdown } from './report/markdown.ts'
import { plain } from './report/plain.ts'
import type { Report } from './report/report.ts'
import { closing, Progress } from './report/terminal.ts'
import { Secrets } from './secrets.ts'
import { UsageError } from './usage-error.ts'
import { eraseAll, validate, validateWith, type ValidateOptions } from './validate.ts'
import { EXIT_CODES } from './verdict.ts'
import { changeInWords, summaryInWords, watch, type WatchClock } from './watch.ts'

/** One Ctrl-C comes twice: from the terminal, and from the process that started this one. */
const SAME_KEY_MS = 1_000

/** `netra validate <url>`: 0 when people can use it, 1 when they cannot, 2 when it could not be tried. */
export async function validateCommand(args: string[]): Promise<number> {
  let asked: ReturnType<typeof readArguments>
  try {
    asked = readArguments(args, { checks: CHECKS, variables: process.env })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`netra validate: ${error.message}\n`)
    return EXIT_CODES.could_not_run
  }
  if (asked === 'help') {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  if (asked === 'list') {
    for (const { id, title } of CHECKS) process.stdout.write(`${id.padEnd(36)} ${title}\n`)
    return 0
  }
  const stop = new AbortController()
  let interruptedAt: number | undefined
  const interrupt = (signal: NodeJS.Signals): void => {
    if (interruptedAt === undefined) {
      interruptedAt = performance.now()
      process.stderr.write(`\n${signal}: what was begun is erased; once more ends at once\n`)
      stop.abort(new Error('interrupted'))
    } else if (performance.now() - interruptedAt > SAME_KEY_MS) process.exit(130)
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    if (asked.ca !== undefined) {
      tls.setDefaultCACertificates([...tls.getCACertificates('default'), asked.ca])
    }
    return await (asked.watchMs === undefined
      ? once(asked, stop.signal)
      : watched(asked, asked.watchMs, stop.signal))
  } catch (error) {
    process.stderr.write(`netra validate could not run: ${reasonOf(error)}\n`)
    return EXIT_CODES.could_not_run
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

function optionsOf(asked: Arguments, signal: AbortSignal): ValidateOptions {
  const { only, skip, smoke, withModel, environment, users, accounts, plainPort, authUrl } = asked
  return {
    smoke,
    withModel,
    accounts,
    signal,
    trustHosts: asked.trustHosts,
    ...(authUrl !== undefined && { authUrl }),
    ...(only && { only }),
    ...(skip && { skip }),
    ...(environment && { environment }),
    ...(users !== undefined && { users }),
    ...(plainPort !== undefined && { plainPort }),
  }
}

/** Where people read, when a report goes to standard output. */
const screenOf = ({ output }: Arguments) =>
  Object.values(output).includes(STDOUT) ? process.stderr : process.stdout

async function once(asked: Arguments, signal: AbortSignal): Promise<number> {
  const screen = screenOf(asked)
  const progress = new Progress(screen)
  const report = await validate(asked.url, {
    ...optionsOf(asked, signal),
    onStart: (check, at) => progress.started(check, at),
    onResult: (result) => {
      // That the rest was not tried is said once.
      if (!signal.aborted) progress.ended(result)
    },
  })
  progress.end()
  const changes = asked.compareWith && compare(asked.compareWith, reportJson(report))
  if (changes) screen.write(`\nsince the report before\n${inWords(changes).join('\n')}\n`)
  screen.write(closing(report))
  const { json, markdown: text, junit: xml } = asked.output
  const whole = changes ? { ...reportJson(report), comparison: changes } : reportJson(report)
  write(json, () => `${JSON.stringify(whole, null, 2)}\n`)
  write(text, () => markdown(report, changes))
  write(xml, () => junit(report))
  return EXIT_CODES[report.verdict]
}

async function watched(asked: Arguments, forMs: number, signal: AbortSignal): Promise<number> {
  const { url, users, accounts: given, output } = asked
  const screen = screenOf(asked)
  const secrets = new Secrets()
  const accounts = new Accounts(given, { secrets, ...(users !== undefined && { users }) })
  let last: Report | undefined
  try {
    const summary = await watch({
      forMs,
      clock,
      signal,
      async round() {
        last = await validateWith(accounts, url, {
          ...optionsOf(asked, signal),
          smoke: true,
          secrets,
        })
        return last
      },
      changed(change) {
        screen.write(`${changeInWords(change)}\n`)
        const progress = new Progress(screen)
        const open = last?.results.filter(({ id }) => change.open.includes(id)) ?? []
        for (const result of open) progress.ended(result)
      },
    })
    screen.write(`\n${summaryInWords(summary)}\n`)
    write(
      output.json,
      () => `${JSON.stringify({ schema: 'netra-watch/1', url, ...summary }, null, 2)}\n`,
    )
    if (summary.rounds === 0) return EXIT_CODES.could_not_run
    return summary.ready === summary.rounds ? EXIT_CODES.ready : EXIT_CODES.not_ready
  } finally {
    for (const problem of await eraseAll(accounts, url, { ...optionsOf(asked, signal), secrets })) {
      screen.write(`left behind: ${plain(problem)}\n`)
    }
  }
}

const clock: WatchClock = {
  now: Date.now,
  until: (at, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, Math.max(0, at - Date.now()))
      signal.addEventListener('abort', end)
      if (signal.aborted) end()
    }),
}

function write(name: string | undefined, text: () => string): void {
  if (name === undefined) return
  if (name === STDOUT) process.stdout.write(text())
  else writeFileSync(name, text())
}
