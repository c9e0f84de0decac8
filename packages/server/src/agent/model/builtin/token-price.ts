import { modelNameOf, startsModel, MODEL_SUFFIX } from './question/model-words.ts'

/** What so many tokens cost, asked without any table: on models, or at prices that are told. */
export type TokenPrice =
  | { kind: 'listed'; models: { name: string; provider?: string }[]; tokens: Amounts }
  | { kind: 'stated'; expression: string }

type Side = 'input' | 'cached' | 'output'
type Amounts = Partial<Record<Side, number>>

const SCALES: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  mn: 1e6,
  mio: 1e6,
  million: 1e6,
  b: 1e9,
  bn: 1e9,
  billion: 1e9,
}

const SIDES: Readonly<Record<string, Side>> = {
  input: 'input',
  prompt: 'input',
  output: 'output',
  completion: 'output',
  cached: 'cached',
}

/** Words that such a question is made of; any other word makes it another question. */
const SAID = new Set(
  "what what’s what's how much does do would will is are be it i we pay to for of the a an tell me please list price prices cost costs costing in us usd dollars total if ran run on with using at via token tokens per and plus".split(
    ' ',
  ),
)

const ASKS = /\b(?:costs?|prices?|pay)\b/i

/** @returns undefined unless every word of the sentence is part of such a question. */
export function tokenPriceOf(sentence: string): TokenPrice | undefined {
  if (!ASKS.test(sentence)) return undefined
  const words = wordsIn(sentence)
  const read = new TokenPriceReader(words)
  return read.whole()
}

/** `10M` and `$2.50` are kept together with what they count. */
const wordsIn = (sentence: string): string[] =>
  sentence
    .trim()
    .replace(/[?!.]+$/, '')
    .replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .replaceAll(/,/g, ' and ')
    .replaceAll(/\$\s+(?=\d)/g, '$')
    .split(/\s+/)
    .filter((word) => word !== '')

interface Amount {
  count: number
  side: Side | undefined
}

class TokenPriceReader {
  readonly #words: readonly string[]
  #at = 0
  readonly #amounts: Amount[] = []
  readonly #models: { name: string; provider?: string }[] = []
  /** Dollars a token. */
  readonly #prices: { perToken: number; text: string; side: Side | undefined }[] = []
  #speaksOfTokens = false

  constructor(words: readonly string[]) {
    this.#words = words
  }

  whole(): TokenPrice | undefined {
    while (this.#at < this.#words.length) if (!this.#next()) return undefined
    return this.#prices.length > 0 ? this.#stated() : this.#listed()
  }

  #word(ahead = 0): string {
    return (this.#words[this.#at + ahead] ?? '').toLowerCase()
  }

  #next(): boolean {
    return this.#takePrice() || this.#takeAmount() || this.#takeModel() || this.#takeSaid()
  }

  #takeSaid(): boolean {
    const word = this.#word()
    if (/^tokens?$/.test(word)) this.#speaksOfTokens = true
    if (!SAID.has(word)) return false
    this.#at += 1
    return true
  }

  /** `3M input tokens`, `2 million output tokens`, `500k tokens`. */
  #takeAmount(): boolean {
    const found = /^(\d+(?:\.\d+)?)([a-z]+)?$/.exec(this.#word())
    const glued = found?.[2]
    if (!found || (glued !== undefined && SCALES[glued] === undefined)) return false
    let ahead = 1
    let scale = glued === undefined ? 1 : (SCALES[glued] ?? 1)
    if (glued === undefined && SCALES[this.#word(1)] !== undefined) {
      scale = SCALES[this.#word(1)] ?? 1
      ahead = 2
    }
    let side = SIDES[this.#word(ahead)]
    if (side !== undefined) ahead += 1
    if (side === 'cached' && this.#word(ahead) === 'input') ahead += 1
    if (/^tokens?$/.test(this.#word(ahead))) {
      this.#speaksOfTokens = true
      ahead += 1
    } else if (side === undefined) return false
    this.#at += ahead
    this.#amounts.push({ count: Number((Number(found[1]) * scale).toPrecision(15)), side })
    return true
  }

  /** `$2.50`, `$10 per million`, `$3 per 1M input tokens`. */
  #takePrice(): boolean {
    const found = /^\$(\d+(?:\.\d+)?)$/.exec(this.#word())
    if (!found) return false
    let ahead = 1
    let per: number | undefined
    const divides = /^(?:per|a|\/|each)$/.test(this.#word(ahead))
    const of = /^(?:1)?(k|m|mn|million|thousand)$/.exec(this.#word(ahead + 1))
    if (divides && of) {
      per = SCALES[of[1] ?? '']
      ahead += 2
    } else if (divides && this.#word(ahead + 1) === '1' && SCALES[this.#word(ahead + 2)]) {
      per = SCALES[this.#word(ahead + 2)]
      ahead += 3
    }
    const side = SIDES[this.#word(ahead)]
    if (side !== undefined && side !== 'cached') ahead += 1
    if (/^tokens?$/.test(this.#word(ahead))) ahead += 1
    this.#at += ahead
    const text = found[1] ?? ''
    this.#prices.push({ perToken: per ?? 0, text, side: side === 'cached' ? undefined : side })
    return true
  }

  #takeModel(): boolean {
    if (!startsModel(this.#word())) return false
    const words = [this.#words[this.#at] ?? '']
    this.#at += 1
    while (MODEL_SUFFIX.test(this.#word()) && this.#word() !== '') {
      // `claude 3 million tokens` would be an amount.
      if (/^\d/.test(this.#word()) && SCALES[this.#word(1)] !== undefined) break
      words.push(this.#words[this.#at] ?? '')
      this.#at += 1
    }
    this.#models.push(modelNameOf(words))
    return true
  }

  /** Two amounts and two prices go together in their order, where no word says otherwise. */
  #stated(): TokenPrice | undefined {
    const per = this.#prices.findLast(({ perToken }) => perToken > 0)?.perToken
    if (per === undefined || this.#models.length > 0 || !this.#speaksOfTokens) return undefined
    if (this.#amounts.length !== this.#prices.length || this.#amounts.length === 0) return undefined
    const parts = this.#amounts.map(({ count, side }, place) => {
      const price =
        this.#prices.find((each) => each.side !== undefined && each.side === side) ??
        this.#prices[place]
      if (!price || (price.side !== undefined && price.side !== side)) return undefined
      return `${count} / ${price.perToken > 0 ? price.perToken : per} * ${price.text}`
    })
    if (parts.includes(undefined)) return undefined
    return { kind: 'stated', expression: parts.join(' + ') }
  }

  #listed(): TokenPrice | undefined {
    if (this.#models.length === 0) return undefined
    const tokens: Amounts = {}
    for (const { count, side } of this.#amounts) {
      // Tokens of no side have no price; of one side twice, somebody meant something else.
      if (side === undefined || tokens[side] !== undefined) return undefined
      tokens[side] = count
    }
    return { kind: 'listed', models: this.#models, tokens }
  }
}
