import { unreachable } from '../../../../platform/unreachable.ts'
import type { TableProfile } from '../../../tools/data/schemas.ts'
import { MOST_CHARACTERS } from '../parse/too-long.ts'
import { code } from '../question/labels.ts'
import { isNumeric } from '../question/match-columns.ts'
import type { Problem } from '../question/unclear.ts'
import { isDimension } from '../read/additive.ts'
import { escapeMarkdown, formatNumber, listed } from './format.ts'

const CONNECT = '[connect a language model](/settings/models)'

/** Says plainly what was not understood, and what would be. Holds no number of its own. */
export function refusal(
  problems: readonly { source: string; problem: Problem }[],
  profile: TableProfile,
  several: boolean,
): string {
  const reasons = problems.map(({ source, problem }) =>
    several
      ? `About “${escapeMarkdown(source)}”: ${reasonFor(problem, profile)}`
      : reasonFor(problem, profile),
  )
  const asks = problems.every(
    ({ problem }) => problem.kind === 'ambiguous' || problem.kind === 'which-figure',
  )
  if (asks) return reasons.join('\n\n')
  return `${reasons.join('\n\n')}\n\n${couldDo(profile)}\n\nFor questions in free words, ${CONNECT}.`
}

function reasonFor(problem: Problem, profile: TableProfile): string {
  switch (problem.kind) {
    case 'unplaced': {
      const words = [...new Set(problem.words)].map((word) => `“${escapeMarkdown(word)}”`)
      return `I do not know what to do with ${listed(words)}: I find no column, no value of the data and no word that I understand in it, so I will not guess.`
    }
    case 'ambiguous':
      return `“${escapeMarkdown(problem.phrase)}” could be ${listed(problem.candidates.map(code), 'or')}. Which one do you mean?`
    case 'which-figure': {
      const column = profile.columns.find(({ name }) => name === problem.column)
      if (column && !isNumeric(column)) {
        return `What of ${code(problem.column)} do you mean: how many distinct values it has, or how many rows there are by ${code(problem.column)}?`
      }
      return `Which figure of ${code(problem.column)} do you mean: its total, average, median, minimum, maximum, a percentile, or the number of distinct values?`
    }
    case 'explained':
      return problem.message
    default:
      return unreachable(problem)
  }
}

export function couldDo(profile: TableProfile): string {
  const names = profile.columns.map(({ name }) => code(name))
  const shown = names.length > 12 ? `${names.slice(0, 12).join(', ')} and others` : listed(names)
  const lines = examplesFor(profile).map((example) => `- ${example}`)
  return `The columns of ${code(profile.name)} are ${shown}. You could ask, for example:\n\n${lines.join('\n')}`
}

/** Questions that this model answers about this very table. */
export function examplesFor(profile: TableProfile): string[] {
  const measured = profile.columns.find((column) => isNumeric(column) && !isDimension(column))
  const group = profile.columns.find((column) => column.kind === 'text' && column.distinct > 1)
  const times = profile.columns.filter((column) => column.kind === 'time')
  const { input_tokens, output_tokens } = profile.roles
  return [
    'How many rows are there?',
    ...(measured ? [`What is the average and the median of "${measured.name}"?`] : []),
    ...(group ? [`How many rows by "${group.name}"?`] : []),
    ...(measured && group ? [`Top "${group.name}" by maximum "${measured.name}"`] : []),
    ...(times.length === 1 ? ['Rows per hour as a chart'] : []),
    ...(input_tokens !== undefined && output_tokens !== undefined
      ? ['What would this workload cost on a model that you name?']
      : []),
  ]
}

export const NO_FILE = `No table is attached to this conversation, so there is nothing I could compute from. Attach a CSV file, or choose the built-in sample, and ask again. Without a table I can do arithmetic. For anything else, ${CONNECT}.`

export const GREETING =
  'Hello! I am Netra’s built-in model: no language model, but exact about tables. Attach a CSV file or choose the built-in sample, and ask about it; “what can you do” tells more.'

export const tooLong = (message: string): string =>
  `I read questions of up to ${formatNumber(MOST_CHARACTERS).text} characters, and this message has ${formatNumber(message.length).text}. Ask what you want to know in a few sentences, and attach a table as a file. For long texts, ${CONNECT}.`

export const THANKS = 'You are welcome.'

export function help(profile: TableProfile | undefined): string {
  const abilities = [
    'I am Netra’s built-in model, not a language model. From an attached CSV file I can tell you:',
    [
      '- its columns, and rows that fit a condition',
      '- counts, totals, averages, medians, minima, maxima, percentiles, distinct and repeated values, ratios and shares',
      '- any of these by group, over time, for the highest or lowest, or compared between values',
      '- groups that pass a condition, and figures of counts, such as the average per hour',
      '- all of that as a chart',
      '- what its tokens would cost on a model that you name',
    ].join('\n'),
    'I also do arithmetic. Each number comes from a tool call that you can see; what I do not understand, I say.',
    profile ? couldDo(profile) : 'Attach a CSV file, or choose the built-in sample, to begin.',
    `For other questions, ${CONNECT}.`,
  ]
  return abilities.join('\n\n')
}
