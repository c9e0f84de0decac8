import { z } from 'zod'

import { readCompared } from './read-change.ts'
import { modelName } from './read-models.ts'
import { DIMENSIONS, TOPICS, type Reading } from './triage.ts'

/** What a language model may say of a question; all of it is optional, and checked against the question. */
export const modelReadingSchema = z.object({
  topics: z.array(z.enum(TOPICS)).max(6).optional(),
  base_model: z.string().max(100).nullish(),
  candidates: z.array(z.string().max(100)).max(10).optional(),
  dimensions: z.array(z.enum(DIMENSIONS)).max(6).optional(),
  saving_share: z.number().min(0).max(1).nullish(),
  growth_factor: z.number().positive().max(10_000).nullish(),
})
export type ModelReading = z.infer<typeof modelReadingSchema>

/**
 * The reading by rules, with what a language model understood beside it. The rules hold wherever they
 * found something; of the model, only names and numbers that stand in the question are taken.
 */
export function mergeReading(
  question: string,
  own: Reading,
  said: ModelReading,
): { reading: Reading; added: string[] } {
  const added: string[] = []
  const reading: Reading = { ...own, targets: { ...own.targets } }
  const topics = (said.topics ?? []).filter((topic) => topic !== 'other')
  if (own.topics[0] === 'other' && topics.length > 0) {
    reading.topics = [...new Set(topics)]
    if (topics.includes('change')) reading.compared ??= readCompared(question)
    added.push(`topics: ${topics.join(', ')}`)
  }
  const asked = squeezed(question)
  const stands = (name: string): boolean => asked.includes(squeezed(name))
  const { base_model: base } = said
  if (
    own.base_model === null &&
    base &&
    stands(base) &&
    !own.candidates.includes(modelName(base))
  ) {
    reading.base_model = modelName(base)
    added.push(`model: ${reading.base_model}`)
  }
  const candidates = (said.candidates ?? [])
    .filter(stands)
    .map(modelName)
    .filter((name) => name !== reading.base_model && !own.candidates.includes(name))
  if (candidates.length > 0) {
    reading.candidates = [...own.candidates, ...new Set(candidates)]
    added.push(`candidates: ${candidates.join(', ')}`)
  }
  const dimensions = (said.dimensions ?? []).filter((dimension) => stands(dimension))
  if (own.dimensions.length === 0 && dimensions.length > 0) {
    reading.dimensions = [...new Set(dimensions)]
    added.push(`split by: ${dimensions.join(', ')}`)
  }
  addTargets(question, said, { reading, added })
  return { reading, added }
}

function addTargets(
  question: string,
  { saving_share: saving, growth_factor: factor }: ModelReading,
  { reading, added }: { reading: Reading; added: string[] },
): void {
  const { targets } = reading
  if (targets.saving_share === null && saving && standsAsNumber(question, saving * 100)) {
    targets.saving_share = saving
    added.push(`target: ${saving * 100} % less`)
  }
  if (targets.growth_factor === null && factor && standsAsNumber(question, factor)) {
    targets.growth_factor = factor
    if (!reading.topics.includes('growth')) reading.topics = ['growth', ...reading.topics]
    added.push(`growth: ${factor} times`)
  }
}

const squeezed = (text: string): string => text.toLowerCase().replaceAll(/[\s_-]+/g, '')

const standsAsNumber = (question: string, value: number): boolean =>
  (question.match(/\d+(?:\.\d+)?/g) ?? []).some(
    (digits) => Number(digits) === Number(value.toPrecision(12)),
  )
