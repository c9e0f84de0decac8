import type { z } from 'zod'

import type { Tool } from '../tool.ts'
import { dollarText, femtoOf, rounded } from './money.ts'
import { rankOptionsInput, type NotMeasurable, type QualityRisk, type Ranking } from './schemas.ts'

type Option = z.infer<typeof rankOptionsInput>['options'][number]
type Weights = Ranking['weights']

const USUAL: Weights = { cost: 0.5, latency: 0.2, quality: 0.3 }

/** A class as a number to weigh with; what is not known is weighed as the worst. */
const QUALITY: Record<QualityRisk, number> = {
  none: 1,
  low: 0.75,
  medium: 0.4,
  high: 0,
  unknown: 0,
}

/** Options in order of what they bring, with every part of their score shown. */
export const rankOptions: Tool = {
  name: 'rank_options',
  description:
    'Ranks options to save money by saving (US dollars, all of one period), change of latency (ms; null if not measured) and class of quality risk, with given weights. Marks options that another one beats in everything. Computes only from what it is given.',
  input: rankOptionsInput,
  timeoutMs: 10_000,
  repeatable: true,
  effect: 'none',
  run(input): Promise<Ranking> {
    const { options, weights: wanted = USUAL } = rankOptionsInput.parse(input)
    const measured = options.every(({ latency_change_ms: change }) => change !== null)
    const weights = normalised(measured ? wanted : { ...wanted, latency: 0 })
    const cost = scale(options.map(({ saving_usd: saving }) => saving))
    const latency = measured ? scale(options.map((option) => -(option.latency_change_ms ?? 0))) : []
    const scored = options.map((option, index) => {
      const scores = {
        cost: cost[index] ?? 0,
        latency: latency[index] ?? null,
        quality: QUALITY[option.quality_risk],
      }
      const score =
        weights.cost * scores.cost +
        weights.latency * (scores.latency ?? 0) +
        weights.quality * scores.quality
      return { option, scores, score: rounded(score, 6) }
    })
    const ranked = scored.toSorted(
      (a, b) =>
        b.score - a.score ||
        b.option.saving_usd - a.option.saving_usd ||
        (a.option.id < b.option.id ? -1 : 1),
    )
    return Promise.resolve({
      weights,
      ranked: ranked.map(({ option, scores, score }, index) => ({
        rank: index + 1,
        ...option,
        saving_text: dollarText(femtoOf(option.saving_usd)),
        score,
        scores,
        dominated_by: options.filter((other) => dominates(other, option)).map(({ id }) => id),
      })),
      formula: FORMULA,
      not_measurable: notMeasurable(options),
    })
  },
}

/** Linear from 0 (worst of the options) to 1 (best); 1 for all when they are equal. */
function scale(values: readonly number[]): number[] {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)]
  return values.map((value) =>
    highest === lowest ? 1 : rounded((value - lowest) / (highest - lowest), 6),
  )
}

function normalised({ cost, latency, quality }: Weights): Weights {
  const sum = cost + latency + quality
  if (sum === 0) return { cost: 1, latency: 0, quality: 0 }
  return {
    cost: rounded(cost / sum, 6),
    latency: rounded(latency / sum, 6),
    quality: rounded(quality / sum, 6),
  }
}

/** Pareto: in nothing worse, in something better. What is not measured compares with nothing. */
function dominates(other: Option, option: Option): boolean {
  if (other.quality_risk === 'unknown' && option.quality_risk !== 'unknown') return false
  const [mine, its] = [option.latency_change_ms, other.latency_change_ms]
  if ((mine === null) !== (its === null)) return false
  const differences = [
    other.saving_usd - option.saving_usd,
    (mine ?? 0) - (its ?? 0),
    QUALITY[other.quality_risk] - QUALITY[option.quality_risk],
  ]
  return differences.every((by) => by >= 0) && differences.some((by) => by > 0)
}

function notMeasurable(options: readonly Option[]): NotMeasurable[] {
  const without = options.filter(({ latency_change_ms: change }) => change === null)
  if (without.length === 0) return []
  return [
    {
      what: 'effect on latency',
      why: `It is not measured of ${without.map(({ id }) => id).join(', ')}: latency counts for nothing in this ranking.`,
      needs: 'Requests of both models in the data with their latency_ms, or a trial.',
    },
  ]
}

const FORMULA = {
  score:
    'weights.cost × scores.cost + weights.latency × scores.latency + weights.quality × scores.quality',
  'scores.cost': '(saving - least saving) / (greatest saving - least saving); 1 if all are equal',
  'scores.latency':
    '(greatest change - change) / (greatest change - least change); 1 if all are equal',
  'scores.quality':
    'none 1, low 0.75, medium 0.4, high and unknown 0: an order of classes, not a measurement',
  weights: 'as given, divided by their sum; latency 0 when an option has none measured',
  rank: 'by score, then saving, then id',
  dominated_by:
    'options with no smaller saving, no greater latency and no greater risk, and one of them better',
}
