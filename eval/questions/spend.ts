import { figure, mentions, money } from '../check.ts'
import { CALLS, costAsItIs, costOn, sum } from '../data.ts'
import type { Question } from '../question.ts'

const outputs = sum(CALLS.map(({ output }) => output))
const inputs = sum(CALLS.map(({ input }) => input))
const withheld = mentions('says what cannot be measured', /not measurable|missing|cannot/i)

const spend = (
  id: string,
  ask: string,
  file: Question['file'],
  ...checks: Question['checks']
): Question => ({
  id: `spend-${id}`,
  group: 'spend',
  agent: 'supervisor',
  ...(file && { file }),
  ask,
  checks,
})

export const spendQuestions: readonly Question[] = [
  spend(
    'where',
    'Where does the money go, and what should we change?',
    'workload',
    money('total', costAsItIs()),
    mentions('recommends', /recommend|saving|save/i),
  ),
  spend(
    'hypothetical',
    'Where does the money go if this ran on gpt-4o, and what should we change?',
    'bare',
    money('total', costOn('gpt-4o')),
    mentions('a saving in dollars', /sav\w*[^.\n]{0,80}\$[\d,]+\.\d\d/i),
  ),
  spend(
    'target',
    'We must spend 20 % less on models. How?',
    'workload',
    money('total', costAsItIs()),
    mentions('the target', /20(\.0)? ?%/),
  ),
  spend(
    'growth',
    'What happens to cost if we have 3x the usage next month?',
    'workload',
    money('three times', 3 * costAsItIs()),
  ),
  spend('batch', 'How much would batch processing save?', 'workload', mentions('batch', /batch/i)),
  spend(
    'latency',
    'Which models are slow, and what would a change cost?',
    'workload',
    mentions('latency', /latency|ms\b/i),
  ),
  spend(
    'anomalies',
    'Were there unusual hours in our usage?',
    'workload',
    mentions('names its method', /median|z-score|Mann|Theil/i),
  ),
  spend(
    'caching',
    'How much would prompt caching save?',
    'workload',
    mentions('prompts', /prompt|cach/i),
  ),
  spend('no-model', 'Where does the money go?', 'bare', withheld),
  spend('no-tokens', 'How can we spend less on models?', 'days', withheld),
  spend(
    'nothing',
    'How can we spend less on OpenAI?',
    undefined,
    mentions('how to get data', /export|attach|upload/i),
  ),
  spend(
    'share',
    'What share of our tokens is output, and does it drive cost?',
    'workload',
    figure('percent of tokens', (100 * outputs) / (inputs + outputs)),
  ),
]
