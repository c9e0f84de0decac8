import { calculateInput, type CalculateResult } from './data/schemas.ts'
import { ToolError, type Tool } from './tool.ts'

/** Arithmetic for a model that should not do it in its head. */
export const calculate: Tool = {
  name: 'calculate',
  description:
    'Computes an arithmetic expression: numbers, + - * / % ^, parentheses, and sqrt, abs, round, floor, ceil, min, max, ln, log10, exp. Example: round(22361870 / 19366, 2).',
  input: calculateInput,
  timeoutMs: 1_000,
  repeatable: true,
  effect: 'none',
  async run(input): Promise<CalculateResult> {
    const { expression } = calculateInput.parse(input)
    return { expression, value: evaluate(expression) }
  },
}

type Apply = (...values: number[]) => number

/** Name → how many arguments at least and at most, and what it does. */
const FUNCTIONS = new Map<string, { least: number; most: number; apply: Apply }>([
  ['sqrt', { least: 1, most: 1, apply: Math.sqrt }],
  ['abs', { least: 1, most: 1, apply: Math.abs }],
  ['round', { least: 1, most: 2, apply: roundTo }],
  ['floor', { least: 1, most: 1, apply: Math.floor }],
  ['ceil', { least: 1, most: 1, apply: Math.ceil }],
  ['min', { least: 1, most: 100, apply: Math.min }],
  ['max', { least: 1, most: 100, apply: Math.max }],
  ['ln', { least: 1, most: 1, apply: Math.log }],
  ['log10', { least: 1, most: 1, apply: Math.log10 }],
  ['exp', { least: 1, most: 1, apply: Math.exp }],
])

const DEEPEST = 100

/** Half away from zero, in decimal: round(1.005, 2) is 1.01. */
function roundTo(value: number, digits = 0): number {
  if (!Number.isInteger(digits) || Math.abs(digits) > 15) {
    throw new ToolError('round takes a whole number of digits from -15 to 15.')
  }
  // Beyond 2^53 every double is whole already.
  if (!Number.isFinite(value) || Math.abs(value) * 10 ** digits > 2 ** 53) return value
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e')
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`))
  return Math.sign(value) * Number(`${shifted}e${-digits}`)
}

/**
 * The value of an arithmetic expression, to the 15 digits that a double holds for certain.
 *
 * @throws ToolError when it is no expression or has no finite value.
 */
export function evaluate(expression: string): number {
  const parser = new Parser(tokensOf(expression))
  const value = parser.sum(0)
  parser.end()
  if (!Number.isFinite(value)) {
    throw new ToolError(`${expression} has no finite value: look for a division by zero.`)
  }
  return Number.isInteger(value) ? value : Number(value.toPrecision(15))
}

interface Token {
  kind: 'number' | 'name' | 'sign'
  text: string
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z]\w*)|(\*\*|[-+*/%^(),×÷−]))/y
const SIGNS: Record<string, string> = { '×': '*', '÷': '/', '−': '-', '**': '^' }

function tokensOf(expression: string): Token[] {
  const text = expression.trimEnd()
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (!match)
      throw new ToolError(
        `Cannot read ${JSON.stringify(text.slice(at, at + 20).trim())} in the expression.`,
      )
    const [, number, name, sign] = match
    if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name.toLowerCase() })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: SIGNS[sign] ?? sign })
  }
  return tokens
}

/** sum → product → signed → power → atom; a power binds tighter than the sign before it. */
class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  end(): void {
    const rest = this.#tokens[this.#at]
    if (rest) throw new ToolError(`The expression has ${rest.text} where it should end.`)
  }

  sum(depth: number): number {
    if (depth > DEEPEST) throw new ToolError('The expression is nested too deeply.')
    let value = this.#product(depth)
    for (;;) {
      if (this.#take('+')) value += this.#product(depth)
      else if (this.#take('-')) value -= this.#product(depth)
      else return value
    }
  }

  #product(depth: number): number {
    let value = this.#signed(depth)
    for (;;) {
      if (this.#take('*')) value *= this.#signed(depth)
      else if (this.#take('/')) value /= this.#signed(depth)
      else if (this.#take('%')) value %= this.#signed(depth)
      else return value
    }
  }

  #signed(depth: number): number {
    let sign = 1
    for (;;) {
      if (this.#take('-')) sign = -sign
      else if (!this.#take('+')) return sign * this.#power(depth + 1)
    }
  }

  #power(depth: number): number {
    if (depth > DEEPEST) throw new ToolError('The expression is nested too deeply.')
    const base = this.#atom(depth)
    return this.#take('^') ? base ** this.#signed(depth) : base
  }

  #atom(depth: number): number {
    const token = this.#tokens[this.#at]
    if (!token) throw new ToolError('The expression ends too early.')
    this.#at += 1
    if (token.kind === 'number') return Number(token.text)
    if (token.kind === 'name') return this.#call(token.text, depth)
    if (token.text !== '(') throw new ToolError(`A number is missing before ${token.text}.`)
    const value = this.sum(depth + 1)
    this.#expect(')')
    return value
  }

  #call(name: string, depth: number): number {
    const known = FUNCTIONS.get(name)
    if (!known) {
      throw new ToolError(
        `There is no ${name} here. Functions: ${[...FUNCTIONS.keys()].join(', ')}.`,
      )
    }
    this.#expect('(')
    const values = [this.sum(depth + 1)]
    while (this.#take(',')) values.push(this.sum(depth + 1))
    this.#expect(')')
    if (values.length < known.least || values.length > known.most) {
      throw new ToolError(
        `${name} takes ${known.least === known.most ? known.least : `${known.least} to ${known.most}`} values, not ${values.length}.`,
      )
    }
    return known.apply(...values)
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'sign' || token.text !== sign) return false
    this.#at += 1
    return true
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw new ToolError(`A ${sign} is missing in the expression.`)
  }
}
