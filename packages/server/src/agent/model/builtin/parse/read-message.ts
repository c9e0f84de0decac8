import type { TableProfile } from '../../../tools/data/schemas.ts'
import { ColumnIndex } from '../question/match-columns.ts'
import type { AggregateQuestion, Question } from '../question/question.ts'
import { Unclear, type Problem } from '../question/unclear.ts'
import { parseQuestion } from './parse-question.ts'
import { clausesOf, sentencesOf } from './sentences.ts'
import { smallTalkOf } from './small-talk.ts'

/** One separable question of a message: understood, or the reason why not. */
export type Reading =
  | { kind: 'understood'; source: string; question: Question }
  | { kind: 'unclear'; source: string; problem: Problem }

/** What people say before they ask. */
const COURTESY =
  /^(?:(?:hi|hello|hey|ok|okay|so|well|great|thanks|thank you|please|now)\b[\s,!.]+)+/i

/** All questions of a message, in its order. A sentence is never answered in part only. */
export function readMessage(
  message: string,
  profile: TableProfile,
  previous: Question | undefined,
): Reading[] {
  const index = new ColumnIndex(profile)
  const readings: Reading[] = []
  let before = previous
  for (const said of sentencesOf(message)) {
    if (smallTalkOf(said)) continue
    const sentence = said.replace(COURTESY, '')
    const read = readSentence(sentence, index, before)
    readings.push(...read)
    const last = read.at(-1)
    before = last?.kind === 'understood' ? last.question : undefined
  }
  return merged(readings)
}

function readSentence(
  sentence: string,
  index: ColumnIndex,
  previous: Question | undefined,
): Reading[] {
  const whole = attempt(sentence, index, previous)
  const clauses = clausesOf(sentence)
  if (clauses.length < 2) return [whole]
  const apart = clauses.map((clause, place) =>
    attempt(clause, index, place === 0 ? previous : undefined),
  )
  const allRead = apart.every((reading) => reading.kind === 'understood')
  if (!allRead) return [whole]
  return whole.kind === 'understood' && sameScope(apart) ? [whole] : apart
}

/** Conditions or groups of one clause would reach over the others if the sentence were read whole. */
function sameScope(readings: Reading[]): boolean {
  return readings.every(
    (reading) =>
      reading.kind === 'understood' &&
      reading.question.intent === 'aggregate' &&
      !reading.question.shape &&
      reading.question.filters.length + reading.question.groupings.length === 0,
  )
}

function attempt(source: string, index: ColumnIndex, previous: Question | undefined): Reading {
  try {
    return { kind: 'understood', source, question: parseQuestion(source, index, previous) }
  } catch (error) {
    if (error instanceof Unclear) return { kind: 'unclear', source, problem: error.problem }
    throw error
  }
}

/** Plain figures over the same rows are one query. */
function merged(readings: Reading[]): Reading[] {
  const all: Reading[] = []
  for (const reading of readings) {
    const last = all.at(-1)
    const joined = last && joinedWith(last, reading)
    if (joined) all[all.length - 1] = joined
    else all.push(reading)
  }
  return all
}

function joinedWith(one: Reading, other: Reading): Reading | undefined {
  const [first, second] = [plainFigures(one), plainFigures(other)]
  if (!first || !second || JSON.stringify(first.filters) !== JSON.stringify(second.filters)) {
    return undefined
  }
  const known = new Set(first.measures.map((measure) => JSON.stringify(measure)))
  const fresh = second.measures.filter((measure) => !known.has(JSON.stringify(measure)))
  const question = { ...first, measures: [...first.measures, ...fresh] }
  return { kind: 'understood', source: `${one.source} ${other.source}`, question }
}

function plainFigures(reading: Reading): AggregateQuestion | undefined {
  if (reading.kind !== 'understood' || reading.question.intent !== 'aggregate') return undefined
  const { groupings, shape } = reading.question
  return groupings.length === 0 && !shape ? reading.question : undefined
}
