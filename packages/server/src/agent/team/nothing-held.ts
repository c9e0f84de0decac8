import { asMarkdown } from '../plain-markdown.ts'
import type { Case } from './case.ts'
import { summary } from './reporting/summary.ts'

/** Whoever has nothing yet picks one; the rest is in the documentation. */
const MOST_PROVIDERS = 4

/** What is said where no file holds a request: what it must hold, and how to get it by provider. */
export function nothingHeld(on: Case): string {
  const { missing, sources } = on.missing?.result ?? { missing: [], sources: [] }
  const holding = sources.filter(({ holds }) => holds > 0)
  const shown = holding.slice(0, MOST_PROVIDERS)
  const others = holding.slice(MOST_PROVIDERS).map(({ provider }) => provider)
  const [first, ...rest] = summary(on).map(({ text }) => text)
  return [
    first ?? '',
    ...rest,
    missing.length === 0
      ? ''
      : `It must hold, for each request: ${missing.map(({ column, for: why }) => `\`${column}\` (${asMarkdown(why)})`).join(', ')}.`,
    ...shown.map(({ provider, export: name, steps }) =>
      [
        `### ${asMarkdown(provider)}`,
        `${asMarkdown(name.charAt(0).toUpperCase() + name.slice(1))}:`,
        steps.map((step, at) => `${at + 1}. ${asMarkdown(step)}`).join('\n'),
      ].join('\n\n'),
    ),
    others.length === 0
      ? ''
      : `I can also say how to get it from ${others.join(', ')}: name the one you use.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}
