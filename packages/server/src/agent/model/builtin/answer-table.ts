import type { TableProfile } from '../../tools/data/schemas.ts'
import type { Conversation, ToolRecord } from './conversation.ts'
import { readMessage, type Reading } from './parse/read-message.ts'
import { isTooLong } from './parse/too-long.ts'
import { formatNumber, listed } from './phrase/format.ts'
import { phrase, type Result } from './phrase/phrase.ts'
import { help, refusal } from './phrase/refuse.ts'
import { chooseFile, tablesOf, type ChosenFile } from './plan/choose-file.ts'
import { planFor } from './plan/plan.ts'
import type { PlannedCall } from './plan/planned-call.ts'
import { lookupSql, resolveValues, wordsToLookUp } from './plan/resolve-values.ts'
import { code } from './question/labels.ts'
import type { Question } from './question/question.ts'
import { Unclear } from './question/unclear.ts'
import { answer, type Reply } from './reply.ts'
import { asProfile, asResult, recordOf } from './results.ts'

/** Answers about the attached table: its profile first, then the data, then in words. */
export function answerTable(
  conversation: Conversation,
  tools: ReadonlySet<string>,
  wish: 'question' | 'help',
): Reply {
  const chosen = chooseFile(tablesOf(conversation.files), conversation.message)
  if (!chosen) return answer(help(undefined))
  if ('several' in chosen) {
    return answer(`I can look at one table at a time: ${listed(chosen.several.map(code), 'or')}?`)
  }
  const profile = profileOf(chosen, conversation, tools)
  if ('kind' in profile) return profile
  if (wish === 'help') return answer(help(profile))
  if (chosen.message === '') return answer(help(profile))
  const previous = previousQuestion(conversation, profile)
  const readings = readMessage(chosen.message, profile, previous)
  if (readings.length === 0) return answer(help(profile))
  const steps = readings.map((reading) => advance(reading, profile, conversation, tools))
  return conclude(steps, { chosen, profile })
}

function profileOf(
  { file }: ChosenFile,
  { records, current }: Conversation,
  tools: ReadonlySet<string>,
): TableProfile | Reply {
  const call: PlannedCall = { toolName: 'profile_table', input: { file_id: file.fileId } }
  const known = recordOf(records, call)
  const profile = known?.outcome.status === 'ok' ? asProfile(known.outcome.value) : undefined
  if (profile) return profile
  const now = recordOf(current, call)
  if (now?.outcome.status === 'failed') {
    return answer(`I could not look at ${code(file.name)}: ${now.outcome.message}`)
  }
  if (now) {
    return answer(
      `${code(file.name)} has more columns than I can take in at once. Attach a table with fewer of them and ask again.`,
    )
  }
  if (!tools.has('profile_table')) {
    return answer(
      'Looking at tables needs the tool `profile_table`, which is not at hand: this agent lacks it, or tools are off for now.',
    )
  }
  return { kind: 'calls', thought: `Looking at the columns of ${file.name} first.`, calls: [call] }
}

/** What the person asked last, for a question that refers to it. */
function previousQuestion(
  { earlier, files }: Conversation,
  profile: TableProfile,
): Question | undefined {
  let previous: Question | undefined
  for (const message of earlier) {
    // It was not read then either.
    if (isTooLong(message)) continue
    const chosen = chooseFile(tablesOf(files), message)
    const text = chosen && 'message' in chosen ? chosen.message : message
    const readings = readMessage(text, profile, previous)
    if (readings.length === 0) continue
    const last = readings.at(-1)
    previous = last?.kind === 'understood' ? last.question : undefined
  }
  return previous
}

/** How far one question of the message has come. */
type Step =
  | { kind: 'unclear'; reading: Extract<Reading, { kind: 'unclear' }> }
  | { kind: 'calls'; thought: string; calls: PlannedCall[] }
  | { kind: 'text'; text: string }

function advance(
  reading: Reading,
  profile: TableProfile,
  { current }: Conversation,
  tools: ReadonlySet<string>,
): Step {
  if (reading.kind === 'unclear') return { kind: 'unclear', reading }
  try {
    const question = knownValues(reading.question, profile, current)
    if ('kind' in question) return question
    return run(question, profile, current, tools)
  } catch (error) {
    if (!(error instanceof Unclear)) throw error
    return { kind: 'unclear', reading: { ...reading, kind: 'unclear', problem: error.problem } }
  }
}

/** Words that stand for values are looked for in the data before they are used. */
function knownValues(
  question: Question,
  profile: TableProfile,
  current: readonly ToolRecord[],
): Question | Step {
  const sql = lookupSql(question, profile)
  if (sql === undefined) return resolveValues(question, undefined)
  const call: PlannedCall = { toolName: 'query_table', input: { file_id: profile.file_id, sql } }
  const record = recordOf(current, call)
  if (!record) {
    const words = wordsToLookUp(question).map((word) => `“${word}”`)
    return {
      kind: 'calls',
      thought: `Looking for ${listed(words)} in the data first.`,
      calls: [call],
    }
  }
  if (record.outcome.status === 'failed')
    return { kind: 'text', text: failure(record.outcome.message) }
  const result = asResult('query_table', record.outcome.value)
  return resolveValues(question, result?.kind === 'query' ? result.value : undefined)
}

function run(
  question: Question,
  profile: TableProfile,
  current: readonly ToolRecord[],
  tools: ReadonlySet<string>,
): Step {
  const plan = planFor(question, profile)
  const lacking = plan.calls.find((call) => !tools.has(call.toolName))
  if (lacking) {
    return {
      kind: 'text',
      text: `This needs the tool ${code(lacking.toolName)}, which is not at hand: this agent lacks it, or tools are off for now.`,
    }
  }
  const missing = plan.calls.filter((call) => !recordOf(current, call))
  if (missing.length > 0) return { kind: 'calls', thought: plan.thought, calls: missing }
  const results: Result[] = []
  for (const call of plan.calls) {
    const outcome = recordOf(current, call)?.outcome
    if (outcome?.status === 'failed') return { kind: 'text', text: failure(outcome.message) }
    const result = asResult(call.toolName, outcome?.value)
    if (result) results.push(result)
  }
  return { kind: 'text', text: phrase(question, results, profile) }
}

const failure = (message: string): string => `The data could not be asked: ${message}`

interface Scene {
  chosen: ChosenFile
  profile: TableProfile
}

/** Calls first; then the answers, and what was not understood, in the order of the questions. */
function conclude(steps: readonly Step[], { chosen, profile }: Scene): Reply {
  const calling = steps.filter((step) => step.kind === 'calls')
  if (calling.length > 0) {
    return {
      kind: 'calls',
      thought: [...new Set(calling.map(({ thought }) => thought))].join(' '),
      calls: calling.flatMap(({ calls }) => calls),
    }
  }
  const texts = steps.filter((step) => step.kind === 'text').map(({ text }) => text)
  const unclear = steps.filter((step) => step.kind === 'unclear').map(({ reading }) => reading)
  if (unclear.length > 0) texts.push(refusal(unclear, profile, steps.length > 1))
  else texts.push(...notes(chosen, profile))
  return answer(texts.join('\n\n'))
}

function notes({ note }: ChosenFile, profile: TableProfile): string[] {
  const { count } = profile.rejected
  const rejected =
    count > 0
      ? `${formatNumber(count).text} lines of ${code(profile.name)} could not be read and are not in these figures.`
      : undefined
  return [note, rejected].filter((text) => text !== undefined)
}
