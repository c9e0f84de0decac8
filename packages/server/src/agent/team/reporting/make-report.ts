import { asMarkdown } from '../../plain-markdown.ts'
import type { Case } from '../case.ts'
import { joined, say } from '../facts.ts'
import type { MissingData } from '../missing/find-missing-data.ts'
import type { Block, Recommendation, Report } from '../report.ts'
import { changeSection } from './change-section.ts'
import { notMeasurable } from './not-measurable.ts'
import { costSection, dataSection, section, tableBlock, textBlock, timeChart } from './sections.ts'
import { summary } from './summary.ts'
import {
  anomalySection,
  correlationSection,
  growthSection,
  performanceSection,
  reuseSection,
  usageSection,
} from './topic-sections.ts'

/** The text of the summary: by rules, or checked words of a language model. */
export interface Prose {
  sentences: { text: string; facts: string[] }[]
  note?: string
}

export function makeReport(on: Case, prose: Prose | undefined): Report {
  const hasCost = on.findings.drivers !== undefined
  const said = prose?.sentences ?? summary(on)
  const unmeasured = notMeasurable(on)
  const sections = [
    ...section('Question', [
      { kind: 'text', text: asMarkdown(on.triage.result.question.slice(0, 1_000)), facts: [] },
    ]),
    ...section('Summary', [
      ...(said.length > 0
        ? [
            textBlock({
              text: said.map(({ text }) => text).join(' '),
              facts: [...new Set(said.flatMap(({ facts }) => facts))],
            }),
          ]
        : []),
      prose?.note === undefined
        ? undefined
        : { kind: 'notes', tone: 'warning', notes: [prose.note], facts: [] },
    ]),
    ...changeSection(on),
    ...costSection(on),
    ...(hasCost ? [] : section('Usage over time', [timeChart(on)])),
    ...usageSection(on),
    ...performanceSection(on),
    ...anomalySection(on),
    ...correlationSection(on),
    ...reuseSection(on),
    ...growthSection(on),
    ...section('Recommendations', recommendationBlocks(on)),
    ...section('Plan', planBlocks(on)),
    ...missingSection(on.missing?.result),
    ...section('Assumptions', [assumptions(on)]),
    ...section('Not measurable from these data', [
      unmeasured.length > 0
        ? { kind: 'notes', tone: 'not_measurable', notes: unmeasured, facts: [] }
        : undefined,
    ]),
    ...dataSection(on),
  ]
  return { title: titleOf(on), sections, facts: [...on.facts.all] }
}

function titleOf({ triage }: Case): string {
  const { category, base_model: model, data } = triage.result
  const of = data.files.map(({ name }) => name).join(', ')
  const on = model === null ? '' : ` on ${model}`
  return `AI spend: ${category}${on}${of === '' ? '' : ` (${of})`}`.slice(0, 200)
}

function recommendationBlocks(on: Case): Block[] {
  const { recommendations } = on
  if (recommendations.length === 0) return []
  const savings = recommendations.map((each) =>
    on.facts.all.find(({ text, id }) => text === each.saving_text && each.facts.includes(id)),
  )
  return [
    ...rankedBy(on),
    tableBlock(
      'Recommendations by rank',
      ['Rank', 'What', 'Saving', 'Of the cost', 'Quality risk', 'Confidence'],
      recommendations.map((each, at) => [
        String(each.rank),
        each.title,
        savings[at] ?? each.saving_text,
        each.saving_share === null ? '' : `${(each.saving_share * 100).toFixed(1)} %`,
        each.quality_risk,
        confidenceText(each),
      ]),
    ),
    ...recommendations,
    {
      kind: 'notes',
      tone: 'warning',
      notes: [
        'Savings overlap and must not be added up: each is computed as if it alone were done, for the period of the data.',
      ],
      facts: [],
    },
  ]
}

const confidenceText = ({ confidence }: Recommendation): string =>
  `${Math.round(confidence * 100)} %`

/** What the order of the recommendations rests on. */
function rankedBy({ options, facts }: Case): Block[] {
  const { ranking } = options
  if (!ranking) return []
  const from = facts.of(ranking)
  const { cost, latency, quality } = ranking.result.weights
  const share = (of: string, value: number) => from.share(`weight of ${of}`, value, 'weights')
  const rest =
    latency > 0
      ? say`, latency ${share('latency', latency)} and quality risk ${share('quality risk', quality)}.`
      : say` and quality risk ${share('quality risk', quality)}; latency counts for nothing, because it is not measured of all of them.`
  return [textBlock(joined([say`What ranks them: saving ${share('saving', cost)}`, rest], ''))]
}

const planBlocks = ({ steps }: Case): Block[] =>
  steps.length === 0
    ? []
    : [
        {
          kind: 'text',
          text: 'Steps that harm no answer come first. Numbers in the steps are proposals, not measurements.',
          facts: [],
        },
        { kind: 'steps', steps, facts: [] },
      ]

function assumptions(on: Case): Block | undefined {
  const { drivers, changes } = on.findings
  const pricing = drivers?.result.pricing ?? changes[0]?.result.pricing
  const notes = [
    ...(pricing?.catalogue
      ? [
          `Prices: list prices of ${pricing.catalogue.package} ${pricing.catalogue.version} of ${pricing.catalogue.priced_at.slice(0, 10)}, without discounts.`,
        ]
      : []),
    ...(pricing?.basis === 'model'
      ? [
          `Every request is priced as if it had run on ${pricing.models[0]?.model ?? 'the named model'}.`,
        ]
      : []),
    ...new Set(
      on.recommendations
        .flatMap(({ assumptions: own }) => own)
        .filter((own) => !own.startsWith('List prices of the catalogue')),
    ),
  ]
  return notes.length > 0 ? { kind: 'notes', tone: 'assumption', notes, facts: [] } : undefined
}

const MOST_SOURCES = 8

function missingSection(missing: MissingData | undefined): Report['sections'] {
  if (!missing || missing.missing.length === 0) return []
  return section('What is missing, and how to get it', [
    tableBlock(
      'Missing data',
      ['Column', 'What it is', 'Needed for', 'Called'],
      missing.missing.map((each) => [
        each.column,
        each.unit === '' ? each.meaning : `${each.meaning} (${each.unit})`,
        each.for,
        each.found_in.map(({ provider, name }) => `${provider}: ${name}`).join('; ') ||
          (each.log ?? 'in no export'),
      ]),
    ),
    ...missing.missing
      .flatMap(({ log }) => (log === null ? [] : [log]))
      .slice(0, 4)
      .map((log): Block => ({ kind: 'notes', tone: 'missing', notes: [log], facts: [] })),
    ...missing.sources
      .filter(({ holds }) => holds > 0)
      .slice(0, MOST_SOURCES)
      .map((source): Block => ({ kind: 'text', text: exportText(source), facts: [] })),
  ])
}

/** One provider's export under its name, its steps in their order. */
const exportText = ({ provider, export: name, steps }: MissingData['sources'][number]): string =>
  [
    `**${asMarkdown(provider)}**: ${asMarkdown(name)}`,
    steps.map((step, at) => `${at + 1}. ${asMarkdown(step)}`).join('\n'),
  ].join('\n\n')
