import type { Check, Result } from '../check.ts'
import { countsInWords, notPassed } from './json.ts'
import { plain } from './plain.ts'
import { isPassed, type Report } from './report.ts'

interface Screen {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** A line for each check that ended; at a terminal a last line says which one is on. */
export class Progress {
  readonly #screen: Screen
  #current = ''
  #group = ''

  constructor(screen: Screen) {
    this.#screen = screen
  }

  started({ id }: Pick<Check, 'id'>, at: { number: number; of: number }): void {
    if (!this.#screen.isTTY) return
    this.#wipe()
    this.#current = `${at.number}/${at.of} ${id} …`.slice(0, (this.#screen.columns ?? 80) - 1)
    this.#screen.write(this.#current)
  }

  ended(result: Result): void {
    this.#wipe()
    const { id, group, durationMs, outcome, seen, weight, cause, fix, title } = result
    if (group !== this.#group) this.#screen.write(`\n${group}\n`)
    this.#group = group
    const word = isPassed(result) ? 'passed' : wordOf(outcome, weight)
    this.#screen.write(`  ${word.padEnd(9)} ${id.padEnd(32)} ${ms(durationMs)}  ${oneLine(seen)}\n`)
    if (isPassed(result)) return
    const note = (name: string, text: string | undefined): void => {
      if (text !== undefined) this.#screen.write(`            ${name.padEnd(6)} ${oneLine(text)}\n`)
    }
    note('due', title)
    note('cause', cause)
    note('try', fix)
  }

  end(): void {
    this.#wipe()
  }

  #wipe(): void {
    if (this.#current !== '') this.#screen.write('\r\u001B[K')
    this.#current = ''
  }
}

/** Capitals are what makes it not ready. */
function wordOf(outcome: Result['outcome'], weight: Result['weight']): string {
  const word = outcome.replace('_', ' ')
  return weight === 'blocking' ? word.toUpperCase() : word
}

const ms = (duration: number): string => `${duration} ms`.padStart(8)

const oneLine = (text: string): string => plain(text).slice(0, 300)

/** The last lines: what counts, and the verdict. */
export function closing(report: Report): string {
  const { headline, environment, durationMs, modes, leftBehind, notApplicable } = report
  const open = notPassed(report)
  const blocking = open.filter(({ weight }) => weight === 'blocking').map(({ id }) => id)
  const warnings = open.filter(({ weight }) => weight === 'advisory').map(({ id }) => id)
  const without = notApplicable.length > 0 ? `, ${notApplicable.length} do not apply here` : ''
  const lines = [
    '',
    `${countsInWords(report)}${without}, in ${Math.round(durationMs / 1000)} s, judged as ${environment}`,
    ...(blocking.length > 0 ? [`keeps it from being ready: ${blocking.join(', ')}`] : []),
    ...(warnings.length > 0 ? [`warnings: ${warnings.join(', ')}`] : []),
    ...modes.map((mode) => `open: ${oneLine(mode)}`),
    ...leftBehind.map((what) => `left behind: ${oneLine(what)}`),
    '',
    headline,
  ]
  return `${lines.join('\n')}\n`
}
