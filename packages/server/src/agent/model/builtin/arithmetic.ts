import { numberOfWord } from './tokens/lexicon.ts'

const LEAD =
  /^(?:(?:please|hey|hi|so|and|ok|okay)[\s,]+)*(?:(?:what(?:'s|’s| is| are| does)?|how much is|calculate|compute|evaluate|work out|can you (?:calculate|compute)|tell me|solve)\s+)*(?:the (?:result|value) of\s+)?/i

const WORDS: [RegExp, string][] = [
  [/\bdivided by\b|÷/gi, ' / '],
  [/\bmultiplied by\b|\btimes\b|×|(?<=[\d)\s])x(?=[\s\d(])/gi, ' * '],
  [/\bplus\b/gi, ' + '],
  [/\bminus\b|−|–/gi, ' - '],
  [/\bmod(?:ulo)?\b/gi, ' % '],
  [/\b(?:to|raised to) the power of\b|\*\*/gi, ' ^ '],
  [/\bsquared\b/gi, ' ^ 2 '],
  [/\bcubed\b/gi, ' ^ 3 '],
  [/\b(?:the )?(?:square root of|sqrt of)\s*\(/gi, ' sqrt('],
  [/\b(?:the )?(?:square root of|sqrt of)\s*(\d[\d.,]*)/gi, ' sqrt($1) '],
  [/√\s*\(/g, ' sqrt('],
  [/√\s*(\d[\d.,]*)/g, ' sqrt($1) '],
  [/\b(?:the )?cube root of\s*(\d[\d.,]*)/gi, ' $1 ^ (1 / 3) '],
  [/(\d[\d.,]*)\s*(?:%|percent|per cent)\s+of\b/gi, ' ($1 / 100) * '],
]

const FUNCTIONS = /\b(?:sqrt|abs|round|floor|ceil|min|max|ln|log10|exp)\b/g
const GRAMMAR = /^[\d\s.,+\-*/%^()]+$/

/**
 * The expression of a message that is arithmetic and nothing else, as the `calculate` tool takes
 * it; undefined when it is anything more.
 */
export function arithmeticOf(message: string): string | undefined {
  const said = message.trim().replace(/[\s=?.!]+$/, '')
  const rounds = ROUNDS.exec(said)
  if (!rounds) return expressionOf(said)
  const digits = rounds[1] === undefined ? 0 : digitsOf(rounds[1])
  const expression = expressionOf(said.slice(0, rounds.index))
  return expression === undefined || digits === undefined
    ? undefined
    : `round(${expression}, ${digits})`
}

/** `to three digits`, `rounded to 2 decimal places`: digits behind the point. */
const ROUNDS =
  /[\s,]+(?:rounded )?to (?:(?:the nearest )(?:whole number|integer)|(\w+) (?:digits?|decimals?|decimal (?:places?|digits?)|places?)(?: (?:after|behind) the (?:decimal )?point)?)$/i

function digitsOf(word: string): number | undefined {
  const digits = /^\d+$/.test(word) ? Number(word) : numberOfWord(word)
  return digits !== undefined && digits <= 15 ? digits : undefined
}

function expressionOf(said: string): string | undefined {
  let text = said.replace(LEAD, '').replace(/[\s=?.!]+$/, '')
  for (const [word, sign] of WORDS) text = text.replace(word, sign)
  text = withoutThousands(text).replaceAll(/\s+/g, ' ').trim()
  const bare = text.replace(FUNCTIONS, '')
  if (!GRAMMAR.test(bare) || !/\d/.test(bare)) return undefined
  const computes = /[+*/%^]|\d\s*-|\)\s*-/.test(bare) || bare !== text
  if (!computes || isDate(text) || endsInPercent(text)) return undefined
  return text
}

/** `1,234.5` loses its comma; the commas of `max(1, 2)` part its arguments. */
const withoutThousands = (text: string): string =>
  /\b(?:min|max|round)\b/.test(text) ? text : text.replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, '')

const isDate = (text: string): boolean => /^\d{4}-\d{1,2}-\d{1,2}$/.test(text)

/** `340 + 12%` means different things to different calculators. */
const endsInPercent = (text: string): boolean => /%\s*(?:$|[)+*/^-])/.test(text)
