import type { Answered } from '../tools/workload/schemas.ts'
import type { Fact } from './report.ts'

/** What a tool answered, and which call it was. */
export interface Called<T> {
  callId: string
  tool: string
  result: T
}

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const DOLLARS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })

export const countText = (value: number): string => COUNT.format(value)
const SMALL_DOLLARS = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  minimumSignificantDigits: 1,
  maximumSignificantDigits: 3,
})
const LEAST_IN_CENTS = 0.1

/** To the cent; below ten cents to three digits, so that no cost reads as none. */
export const usdText = (value: number): string =>
  value === 0
    ? DOLLARS.format(0)
    : Math.abs(value) < LEAST_IN_CENTS
      ? SMALL_DOLLARS.format(value)
      : DOLLARS.format(value)
export const shareText = (value: number): string =>
  `${(value * 100).toFixed(1).replace(/^-(0\.0)$/, '$1')} %`
const msText = (value: number): string =>
  value >= 10_000
    ? `${(value / 1000).toFixed(1)} s`
    : `${Math.round(value).toLocaleString('en-US')} ms`

/**
 * Every number that a report may say, with the call it is read from and its formula. A sentence is
 * made of these; a number that is none of them has no way into the report.
 */
export class Facts {
  readonly #all: Fact[] = []

  get all(): readonly Fact[] {
    return this.#all
  }

  /** Numbers read from one tool's answer; `field` is the name its formula stands under. */
  of(called: Called<Answered>): FactsOf {
    return new FactsOf(this, called)
  }

  add(fact: Omit<Fact, 'id'>): Fact {
    const same = this.#all.find(
      (other) =>
        other.text === fact.text &&
        other.what === fact.what &&
        other.tool_call_id === fact.tool_call_id,
    )
    if (same) return same
    const added = { id: `f${this.#all.length + 1}`, ...fact }
    this.#all.push(added)
    return added
  }

  /** A number computed from others, as its formula says; `from` names the first call it rests on. */
  derived(
    { what, value, text }: Pick<Fact, 'what' | 'value' | 'text'>,
    formula: string,
    from: Pick<Fact, 'tool' | 'tool_call_id'>,
  ): Fact {
    const { tool, tool_call_id } = from
    return this.add({ what, value, text, formula, tool, tool_call_id })
  }
}

export class FactsOf {
  readonly #facts: Facts
  readonly #called: Called<Answered>

  constructor(facts: Facts, called: Called<Answered>) {
    this.#facts = facts
    this.#called = called
  }

  usd(what: string, value: number, field: string): Fact {
    return this.#add(what, value, usdText(value), field)
  }

  /** A difference: `+$1.20` or `-$1.20`. */
  signedUsd(what: string, value: number, field: string): Fact {
    return this.#add(what, value, `${value > 0 ? '+' : ''}${usdText(value)}`, field)
  }

  count(what: string, value: number, field: string): Fact {
    return this.#add(what, value, countText(value), field)
  }

  share(what: string, value: number, field: string): Fact {
    return this.#add(what, value, shareText(value), field)
  }

  /** A p-value; `text` says below which bound it is where its digits would read as zero. */
  pValue(what: string, value: number, field: string): Fact {
    const text = value < 0.001 ? 'p < 0.001' : `p = ${countTextOf(value)}`
    return this.#add(what, value, text, field)
  }

  ms(what: string, value: number, field: string): Fact {
    return this.#add(what, value, msText(value), field)
  }

  #add(what: string, value: number, text: string, field: string): Fact {
    const { callId, tool, result } = this.#called
    const formula = formulaOf(result.formula, field)
    return this.#facts.add({ what, value, text, tool_call_id: callId, tool, formula })
  }
}

const countTextOf = (value: number): string => String(Number(value.toPrecision(2)))

/** Under its whole name, or its last part: `total.cost_usd` is said of `cost_usd`. */
function formulaOf(formulas: Record<string, string>, field: string): string {
  const last = field.split('.').at(-1) ?? field
  return formulas[field] ?? formulas[last] ?? `${field} of the tool's answer`
}

/** A sentence and the facts it holds. */
export interface Said {
  text: string
  facts: string[]
}

/** `say\`It costs ${total}.\``: the text, and what it rests on. */
export function say(words: TemplateStringsArray, ...parts: readonly (Fact | string)[]): Said {
  const facts = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.id]))
  const text = words
    .map((word, at) => {
      const part = parts[at]
      if (part === undefined) return word
      return `${word}${typeof part === 'string' ? part : part.text}`
    })
    .join('')
  return { text, facts }
}

export const joined = (said: readonly Said[], by = ' '): Said => ({
  text: said.map(({ text }) => text).join(by),
  facts: [...new Set(said.flatMap(({ facts }) => facts))],
})
