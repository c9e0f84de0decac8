/** What a run came to, as a check sees it. */
export interface Answered {
  text: string
  /** Names of the tools that ran, in their order. */
  tools: readonly string[]
  /** Whether the run came to its end. */
  isComplete: boolean
  hasChart: boolean
}

/** One thing that an answer must do; `what` is read in the report when it did not. */
export interface Check {
  what: string
  holds: (answer: Answered) => boolean
}

/** Every number in a text, with commas, signs of money and percent taken away; 1.2 million is 1,200,000. */
export function numbersIn(text: string): number[] {
  const found = text.matchAll(
    /(?<![\w.-])-?\$?(\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:\s?(thousand|million|billion|k|M|bn)\b)?/g,
  )
  return [...found].map(([, digits = '', unit = '']) => {
    const number = Number(digits.replaceAll(/[^\d.]/g, ''))
    return number * (UNITS[unit] ?? 1)
  })
}

const UNITS: Readonly<Record<string, number>> = {
  thousand: 1e3,
  k: 1e3,
  million: 1e6,
  M: 1e6,
  billion: 1e9,
  bn: 1e9,
}

/** As exact as it is shown: a rounded number may differ by half of its last digit. */
const isSame = (shown: number, expected: number, within: number): boolean =>
  Math.abs(shown - expected) <= Math.max(Math.abs(expected) * within, 1e-9)

const says = (text: string, expected: number, within: number): boolean =>
  numbersIn(text).some((shown) => isSame(Math.abs(shown), Math.abs(expected), within))

/** The exact whole number. */
export const count = (what: string, expected: number): Check => ({
  what: `${what}: ${expected}`,
  holds: ({ text }) => says(text, expected, 0),
})

/** To a thousandth, or as it is rounded to one digit: means, percentiles, shares as percent. */
export const figure = (what: string, expected: number): Check => ({
  what: `${what}: about ${expected.toPrecision(6)}`,
  holds: ({ text }) =>
    says(text, expected, 0.001) ||
    says(text, Math.round(expected), 0) ||
    says(text, Math.round(expected * 10) / 10, 0),
})

/** US dollars, to the cent. */
export const money = (what: string, expected: number): Check => ({
  what: `${what}: $${expected.toFixed(2)}`,
  holds: ({ text }) => numbersIn(text).some((shown) => Math.abs(shown - expected) < 0.0051),
})

export const mentions = (what: string, pattern: RegExp): Check => ({
  what,
  holds: ({ text }) => pattern.test(text),
})

export const lacks = (what: string, pattern: RegExp): Check => ({
  what,
  holds: ({ text }) => !pattern.test(text),
})

export const used = (...tools: readonly string[]): Check => ({
  what: `used ${tools.join(' or ')}`,
  holds: (answer) => tools.some((tool) => answer.tools.includes(tool)),
})

export const chart: Check = { what: 'shows a chart', holds: ({ hasChart }) => hasChart }

/** It says that it cannot know, and makes nothing up. */
export const admits = (pattern: RegExp): Check =>
  mentions(
    'says that it cannot know',
    new RegExp(
      `${pattern.source}|not measurable|cannot|can't|can not|do(?:es)? not|doesn't|don't|unable|no (?:such )?column|not (?:in|part of|available|contain)|only (?:work|answer|know)|another (?:model|agent)|/settings/models`,
      'i',
    ),
  )

/** No large number of its own: the question holds none. */
export const inventsNothing: Check = {
  what: 'makes up no figure',
  holds: ({ text }) =>
    numbersIn(text.replaceAll(/\b20\d\d\b/g, '')).every((shown) => shown < 1_000),
}
