import type { Attachment } from '../../step.ts'
import { periodNotUnderstood } from './period-not-understood.ts'
import { asksForOtherChange, readCompared, readEarlier } from './read-change.ts'
import { readEffect } from './read-effect.ts'
import { readModels, SPENT } from './read-models.ts'
import { readPeriod } from './read-period.ts'
import { readLimits, readTargets } from './read-targets.ts'
import { readDimensions, readMetrics, readTopics } from './read-topics.ts'
import { isOfAChange, NO_LIMITS, NO_TARGETS, type Reading, type Topic } from './triage.ts'

const ADOPT =
  /\b(?:adopt|approve|go ahead with|accept|sign off|put (?:it|this|the plan) into (?:action|effect)|commit to|implement (?:it|this|the plan))\b/i

/** Nothing but a change of what was asked before. */
const GOES_ON =
  /^\s*(?:and|but|now|then|what about|how about|only|just|also|same|the same|again|or|without|with|plus|for|by|per|adopt|approve|ok(?:ay)?|yes|please|go ahead)\b/i

/**
 * Reads a question by its words. `before` is what the question before it was read as: a question that
 * only changes that (`and on gpt-4o-mini?`) keeps the rest of it, and every other one of the same
 * conversation (`3x usage next month`) the model, files and period that it names no others for.
 */
export function readQuestion(
  question: string,
  files: readonly Pick<Attachment, 'fileId' | 'name'>[],
  before?: Reading,
): Reading {
  const topics = readTopics(question)
  const isChange = topics[0] === 'change'
  // What something rose by is no growth that is to come.
  const targets = isChange && !topics.includes('saving') ? NO_TARGETS : readTargets(question)
  const limits = readLimits(question)
  const isFollowUp = goesOn(question, topics, before)
  const kept = (isFollowUp && before) || NOTHING_KEPT
  const { base, candidates } = readModels(question)
  const dimensions = readDimensions(question)
  const ownModels = isOfOwnModels(question, !isFollowUp && dimensions.includes('model'))
  const model = base ?? (ownModels ? null : (before?.base_model ?? null))
  const goesOnChange =
    kept.topics[0] === 'change' && (isOfAChange(topics) || readEffect(question) !== undefined)
  const compares = isChange || goesOnChange || asksForOtherChange(question)
  return {
    topics: goesOnChange
      ? kept.topics
      : topicsOf(candidates.length > 0 ? chosenAmong(topics) : topics, withoutChange(kept), {
          targets,
          limits,
        }),
    ...priorityOf(question, targets),
    base_model: model,
    candidates: orKept(candidates, kept.candidates).filter((name) => name !== model),
    metrics: orKept(readMetrics(question), kept.metrics),
    dimensions: orKept(dimensions, kept.dimensions),
    ...timeOf(question, compares, { kept, before }),
    targets: merged(targets, kept.targets),
    limits: merged(limits, kept.limits),
    named: namedBefore(question, isFollowUp, before),
    file_ids: filesOf(question, files, before ?? NOTHING_KEPT),
    adopt: ADOPT.test(question),
  }
}

/** Whether a question only changes, or asks of, what the one before it asked. */
const goesOn = (question: string, topics: readonly Topic[], before: Reading | undefined): boolean =>
  GOES_ON.test(question) ||
  (topics[0] === 'other' && isShort(question)) ||
  (before?.topics[0] === 'change' &&
    (readEffect(question) !== undefined || readEarlier(question, before.compared) !== null))

/** Split by model, requests are priced as the data name theirs. */
const isOfOwnModels = (question: string, isByModel: boolean): boolean =>
  isByModel || SPENT.test(question)

const NOTHING_KEPT: Reading = {
  topics: [],
  priority: 'normal',
  priority_why: '',
  base_model: null,
  candidates: [],
  metrics: [],
  dimensions: [],
  period: null,
  compared: null,
  targets: NO_TARGETS,
  limits: NO_LIMITS,
  named: {},
  file_ids: [],
  adopt: false,
}

const EVERYBODY =
  /\b(?:everybody|everyone|everything|overall|all (?:of (?:it|them|us)|users?|projects?|teams?|models?|requests?|customers?|keys?)|in all|altogether|any(?:body|one))\b/i
/** It speaks of what the question before was about. */
const OF_BEFORE = /\bit\b/i

/** Whose requests the question before was about: one that goes on is about the same. */
function namedBefore(
  question: string,
  isFollowUp: boolean,
  before: Reading | undefined,
): Reading['named'] {
  if (!before || EVERYBODY.test(question)) return {}
  return isFollowUp || OF_BEFORE.test(question) ? before.named : {}
}

const withoutChange = (kept: Reading): Reading => ({
  ...kept,
  topics: kept.topics.filter((topic) => topic !== 'change'),
})

/** The period that a question is about, or those that it compares. */
function timeOf(
  question: string,
  compares: boolean,
  { kept, before }: { kept: Reading; before: Reading | undefined },
): Pick<Reading, 'period' | 'compared' | 'not_understood'> {
  const own = readPeriod(question)
  const why = periodNotUnderstood(question, {
    isChange: compares,
    taken: compares ? undefined : own?.words,
  })
  const said = why === undefined ? {} : { not_understood: why }
  const period = own ?? before?.period ?? null
  if (!compares) return { period, compared: null, ...said }
  const compared = readEarlier(question, kept.compared) ?? readCompared(question) ?? kept.compared
  // What was asked about before is what rose.
  return { period: null, compared: compared ?? (period && readCompared(period.words)), ...said }
}

/** Models to compare are a choice of model, whatever else is said of them. */
const chosenAmong = (topics: Topic[]): Topic[] =>
  topics[0] === 'usage' || topics[0] === 'other'
    ? ['model_choice', ...topics.filter((topic) => topic !== 'other')]
    : topics

const orKept = <T>(own: T[], kept: T[]): T[] => (own.length > 0 ? own : kept)

/** It says something about what was asked before. */
const isShort = (question: string): boolean => question.trim().split(/\s+/).length <= 12

function topicsOf(
  topics: Topic[],
  kept: Reading,
  { targets, limits }: Pick<Reading, 'targets' | 'limits'>,
): Topic[] {
  const own = topics.filter((topic) => topic !== 'other')
  if ((limits.requests_per_minute ?? limits.tokens_per_minute ?? limits.tier) !== null)
    own.unshift('rate_limits')
  if (targets.growth_factor !== null && !own.includes('growth')) own.unshift('growth')
  if ((targets.saving_share ?? targets.monthly_usd) !== null && !own.includes('saving'))
    own.push('saving')
  const all = [...new Set([...own, ...kept.topics])].filter((topic) => topic !== 'other')
  return all.length > 0 ? all : ['other']
}

function merged<T extends Record<string, number | string | null>>(own: T, kept: T): T {
  const entries = Object.entries(own).map(([name, value]) => [name, value ?? kept[name] ?? null])
  return Object.fromEntries(entries) as T
}

const URGENT =
  /\b(?:urgent\w*|asap|immediately|right now|emergency|critical|over budget|out of control|today|production is|explod\w+|blew up|on fire)\b/i
const IDLE =
  /\b(?:curious|someday|roughly|ballpark|no rush|when you have time|just wondering|low priority)\b/i

function priorityOf(
  question: string,
  targets: Reading['targets'],
): Pick<Reading, 'priority' | 'priority_why'> {
  const urgent = URGENT.exec(question)
  if (urgent) return { priority: 'high', priority_why: `it says “${urgent[0]}”` }
  const idle = IDLE.exec(question)
  if (idle) return { priority: 'low', priority_why: `it says “${idle[0]}”` }
  if ((targets.monthly_usd ?? targets.saving_share) !== null)
    return { priority: 'high', priority_why: 'it names a target to be reached' }
  return { priority: 'normal', priority_why: 'it names no target and no urgency' }
}

/** `only the code file`, `code.csv`: those whose names are said; undefined when none is. */
function namedFiles(
  question: string,
  files: readonly Pick<Attachment, 'fileId' | 'name'>[],
): string[] | undefined {
  const asked = question.toLowerCase()
  const named = files.filter(({ name }) => {
    const whole = name.toLowerCase()
    const stem = whole.replace(/(?:\.\w{2,8})+$/, '')
    if (asked.includes(whole)) return true
    const words = stem.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    return new RegExp(
      String.raw`\b(?:the |only |in |of )${words}\b(?:\s+(?:file|data|trace|table|export|one))`,
      'i',
    ).test(asked)
  })
  return named.length > 0 ? named.map(({ fileId }) => fileId) : undefined
}

const ALL_FILES = /\b(?:both|all|every|each|the two)\b[^.?!]{0,20}\bfiles?\b|\beverything\b/i

/** A question that goes on is about the same files, unless others are named. */
function filesOf(
  question: string,
  files: readonly Pick<Attachment, 'fileId' | 'name'>[],
  kept: Reading,
): string[] {
  const named = namedFiles(question, files)
  if (named) return named
  const still = kept.file_ids.filter((id) => files.some((file) => file.fileId === id))
  if (still.length > 0 && !ALL_FILES.test(question)) return still
  return files.map((file) => file.fileId)
}
